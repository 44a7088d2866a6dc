"""What a method of the toy is: its parameters, its networks, its loss, and how it is trained.

It sees how far points lie along the ray, `[members, batch, 1]`, disturbed by noise, and says in
which direction they lie, `[members, batch, 2]`.
"""

from abc import ABC, abstractmethod
from typing import cast

import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import Count
from jepatlas.common.learning import methods as finding
from jepatlas.common.learning.batches import FullBatch
from jepatlas.common.learning.checkpoint import checkpoint_for
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import Linear
from jepatlas.common.learning.family import Family
from jepatlas.common.learning.trained import Trained
from jepatlas.common.learning.training import Training, train
from jepatlas.toy import methods
from jepatlas.toy.truth.ray import Ray


class Base(Training, ABC):
    """The fields that every method has, and the loss that it must offer."""

    family: Family
    steps: Count
    batch: Count

    def networks(self, draws: Draws) -> nn.ModuleDict:
        return nn.ModuleDict({"online": Linear(1, 2, draws)})

    @abstractmethod
    def loss(self, networks: nn.ModuleDict, seen: Tensor, direction: Tensor) -> Tensor:
        """`[members]`; seen `[members, batch, 1]`, direction `[2]`."""


def load(name: str) -> Base:
    """The method `name` with its block of params.yaml, validated."""
    return cast(Base, finding.load(methods, name, f"toy.methods.{name}"))


def initial(method: Base, members: int, seed: int) -> nn.ModuleDict:
    """The networks before training."""
    return method.networks(Draws(seed, members, "weights"))


def seen(points: int, noise: float, draws: Draws) -> Tensor:
    """Distances from 1 to 2 with noise of a standard deviation, `[members, points, 1]`."""
    return 1 + draws.uniform(points, 1) + noise * draws.normal(points, 1)


def fit(
    name: str, method: Base, ray: Ray, members: int, seed: int, device: torch.device
) -> Trained:
    """Train by `method`, called `name`, at a noise of 1."""
    networks, draws = initial(method, members, seed).to(device), Draws(seed, members, "points")
    direction = torch.as_tensor(ray.direction, dtype=torch.float32, device=device)
    return train(
        networks,
        lambda _: method.loss(networks, seen(method.batch, 1, draws).to(device), direction),
        FullBatch(method.steps),
        method,
        f"toy.methods.{name}",
        draws=(draws,),
        checkpoint=checkpoint_for(f"toy-{name}", (method, ray, members, seed, device), {}),
    )
