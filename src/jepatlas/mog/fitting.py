"""Train one method on all its members."""

import torch
from torch import Tensor, nn

from jepatlas.common.random import Noise
from jepatlas.common.training import Trained, train
from jepatlas.mog.method import Base


def initial(method: Base, points: Tensor, seed: int) -> nn.ModuleDict:
    """The networks before training; points: `[members, n, d]`, the training points."""
    return method.networks(points, Noise(seed, len(points), "weights", points.device))


def fit(
    networks: nn.ModuleDict, method: Base, points: Tensor, seed: int, snapshots: int, label: str
) -> Trained:
    """Train `networks` by `method`; each step draws each member a batch of its own points.

    points: `[members, n, d]`; snapshots and label: see `train`.
    """
    members, n, _ = points.shape
    batches = Noise(seed, members, "batches", points.device)
    noise = Noise(seed, members, "noise", points.device)
    rows = torch.arange(members, device=points.device)[:, None]

    def loss() -> Tensor:
        batch = points[rows, batches.integers(n, method.batch)]
        return method.loss(networks, batch, noise)

    return train(networks, loss, method, snapshots, label)
