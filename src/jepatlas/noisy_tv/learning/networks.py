"""The networks of the noisy-TV track: linear maps without bias unless a depth is asked for."""

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP, Linear


def encoder(inputs: int, depth: int, width: int, latent: int, draws: Draws) -> nn.Module:
    """`[members, batch, inputs] -> [members, batch, latent]`, with `depth` hidden layers."""
    if depth == 0:
        return Linear(inputs, latent, draws, bias=False)
    return MLP([inputs, *[width] * depth, latent], draws)


class Gaussian(nn.Module):
    """A Gaussian with diagonal covariance: its mean and log variance, `[members, 1, dim]` each.

    It starts as N(0, std^2 I).
    """

    def __init__(self, members: int, dim: int, std: float) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(members, 1, dim))
        self.log_variance = nn.Parameter(torch.full((members, 1, dim), 2 * math.log(std)))

    def forward(self) -> tuple[Tensor, Tensor]:
        return self.mean, self.log_variance


class Variance(nn.Module):
    """A log variance that is the same for every input, `[members, 1, dim]`, starting at 0."""

    def __init__(self, members: int, dim: int) -> None:
        super().__init__()
        self.log = nn.Parameter(torch.zeros(members, 1, dim))

    def forward(self) -> Tensor:
        return self.log


class Predictor(nn.Module, ABC):
    """A Gaussian of the next latent with a linear mean z P, `[members, batch, dim]`."""

    def __init__(self, dim: int, draws: Draws) -> None:
        super().__init__()
        self.mean = Linear(dim, dim, draws, bias=False)

    def forward(self, z: Tensor) -> Tensor:
        """The mean."""
        return self.mean(z)

    @abstractmethod
    def root(self, z: Tensor) -> Tensor:
        """A lower triangular root of its precision, on average over z, `[members, dim, dim]`."""


class Homoscedastic(Predictor):
    """A precision root root' that is the same for every z."""

    def __init__(self, dim: int, draws: Draws) -> None:
        super().__init__(dim, draws)
        self.log_diagonal = nn.Parameter(torch.zeros(len(draws), dim))
        self.below = nn.Parameter(torch.zeros(len(draws), dim, dim))

    def root(self, z: Tensor) -> Tensor:
        return torch.diag_embed(self.log_diagonal.exp()) + torch.tril(self.below, -1)


class Heteroscedastic(Predictor):
    """Variances exp(z V), as published: their logarithm is linear in z, without bias."""

    def __init__(self, dim: int, draws: Draws) -> None:
        super().__init__(dim, draws)
        self.log_variance = Linear(dim, dim, draws, bias=False)

    def root(self, z: Tensor) -> Tensor:
        return torch.diag_embed(self.log_variance(z).exp().mean(1).rsqrt())
