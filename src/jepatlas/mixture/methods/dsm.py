"""Denoising score matching through a scalar energy (Vincent 2011)."""

import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import Positive
from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import ScoreMatching
from jepatlas.objectives.score_matching import denoising


class Method(ScoreMatching):
    """sigma: std of the noise, and so of the smoothing of the density that is learned."""

    sigma: Positive

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        # Each point is moved both ways, so that most of the noise's own noise cancels.
        epsilon = draws.normal(*batch.shape[1:])
        epsilon = torch.cat([epsilon, -epsilon], dim=1)
        x = torch.cat([batch, batch], dim=1) + self.sigma * epsilon
        return denoising(-self.gradient(networks, x), epsilon, self.sigma)
