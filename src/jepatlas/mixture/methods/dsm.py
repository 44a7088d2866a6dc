"""Denoising score matching through a scalar energy (Vincent 2011)."""

from typing import Literal

import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import Positive
from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import FirstOrder
from jepatlas.objectives.score_matching import denoising


class Method(FirstOrder):
    """sigma: std of the noise, and so of the smoothing of the density that is learned; moves:
    `one_way`, or `both_ways` of each point, so that most of the noise's own noise cancels."""

    sigma: Positive
    moves: Literal["both_ways", "one_way"] = "both_ways"

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        epsilon = draws.normal(*batch.shape[1:])
        if self.moves == "both_ways":
            epsilon = torch.cat([epsilon, -epsilon], dim=1)
            batch = torch.cat([batch, batch], dim=1)
        x = batch + self.sigma * epsilon
        return denoising(-self.gradient(networks, x), epsilon, self.sigma)
