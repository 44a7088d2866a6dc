"""Train one method on all its members."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from jepatlas.common.learning.batches import Batch, Resampled
from jepatlas.common.learning.checkpoint import checkpoint_for
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.trained import Trained, snapshot_steps
from jepatlas.common.learning.training import train
from jepatlas.mixture.learning.method import Base
from jepatlas.mixture.truth.recipes import DEFAULT


def initial(
    method: Base, points: Tensor, seed: int, members: Sequence[int] | None = None
) -> nn.ModuleDict:
    """The networks before training; points: `[members, n, d]`, the training points; members: their
    numbers, all by default."""
    return method.networks(points, _draws(seed, members, "weights", points))


def fit(
    name: str,
    method: Base,
    points: Tensor,
    seed: int,
    snapshots: int,
    members: Sequence[int] | None = None,
    recipe: str = DEFAULT,
) -> Trained:
    """Train by `method`, called `name` and of this recipe; each step draws each member a batch of
    its own points.

    points: `[members, n, d]`; snapshots: how many states of the networks are kept; members: their
    numbers, all by default.
    """
    networks = initial(method, points, seed, members)
    batches = Resampled(
        method.steps, method.batch, points.shape[1], _draws(seed, members, "batches", points)
    )
    draws = _draws(seed, members, "noise", points)
    rows = torch.arange(len(points), device=points.device)[:, None]

    def loss(batch: Batch) -> Tensor:
        return method.loss(networks, points[rows, batch.examples], draws)

    key = (method, seed, snapshots, members, points.device)
    return train(
        networks,
        loss,
        batches,
        method,
        f"mixture.methods.{name}.{recipe}",
        draws=(batches.draws, draws),
        snapshots=snapshot_steps(method.steps, snapshots),
        checkpoint=checkpoint_for(f"mixture-{name}", key, {"points": points.cpu().numpy()}),
    )


def _draws(seed: int, members: Sequence[int] | None, purpose: str, points: Tensor) -> Draws:
    return Draws(seed, len(points) if members is None else members, purpose, points.device)
