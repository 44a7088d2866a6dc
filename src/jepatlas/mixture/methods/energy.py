"""A scalar energy against uniform negatives: low on the data, high on the box around them."""

from typing import Self, cast

import torch
from pydantic import model_validator
from torch import Tensor, nn

from jepatlas.common.base.parameters import Positive
from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import FirstOrder
from jepatlas.mixture.learning.networks import PlainEnergy
from jepatlas.mixture.truth.parameters import Interval
from jepatlas.objectives.noise_contrastive import exponential


class Method(FirstOrder):
    """sigma: std of noise added to the points, whose density is then the one that is learned.

    The sides of the box: `reach` from the mean of the training points, in their std, or the same
    interval `box` in each coordinate.
    """

    reach: Positive | None = None
    box: Interval | None = None

    @model_validator(mode="after")
    def _has_a_box(self) -> Self:
        if (self.reach is None) == (self.box is None):
            raise ValueError("should have one of reach and box")
        if self.box is not None and not self.box[0] < self.box[1]:
            raise ValueError(f"box should go from low to high, not {self.box[0]} to {self.box[1]}")
        return self

    def networks(self, points: Tensor, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(points, draws)
        if isinstance(energy := networks["online"], PlainEnergy):
            # The document's E is -log p less the log of the box's area, and is near 0 at first.
            _, half = self.sides(networks)
            energy.raise_by((2 * half).log().sum(-1, keepdim=True))
        return networks

    def sides(self, networks: nn.ModuleDict) -> tuple[Tensor, Tensor]:
        """Centre of the box and half the length of its sides, `[members, 1, d]`."""
        mean, scale = self.moments(networks)
        if self.reach is not None:
            return mean, self.reach * scale
        low, high = cast(Interval, self.box)
        centre, half = (low + high) / 2, (high - low) / 2
        return torch.full_like(mean, centre), torch.full_like(scale, half)

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        x = batch + self.sigma * draws.normal(*batch.shape[1:])
        centre, half = self.sides(networks)
        box = centre + half * (2 * draws.uniform(*batch.shape[1:]) - 1)
        energy, other = self.energy(networks, torch.cat([x, box], dim=1)).chunk(2, dim=1)
        log_noise = -(2 * half).log().sum(-1).expand_as(energy)
        return exponential(energy, log_noise, other, log_noise)
