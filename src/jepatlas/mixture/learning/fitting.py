"""Train one method on all its members."""

import torch
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.training import Trained, train
from jepatlas.mixture.learning.method import Base


def initial(method: Base, points: Tensor, seed: int) -> nn.ModuleDict:
    """The networks before training; points: `[members, n, d]`, the training points."""
    return method.networks(points, Draws(seed, len(points), "weights", points.device))


def fit(
    networks: nn.ModuleDict, method: Base, points: Tensor, seed: int, snapshots: int, label: str
) -> Trained:
    """Train `networks` by `method`; each step draws each member a batch of its own points.

    points: `[members, n, d]`; snapshots and label: see `train`.
    """
    members, n, _ = points.shape
    batches = Draws(seed, members, "batches", points.device)
    draws = Draws(seed, members, "noise", points.device)
    rows = torch.arange(members, device=points.device)[:, None]

    def loss() -> Tensor:
        batch = points[rows, batches.integers(n, method.batch)]
        return method.loss(networks, batch, draws)

    return train(networks, loss, method, snapshots, label)
