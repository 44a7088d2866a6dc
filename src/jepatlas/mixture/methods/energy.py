"""A scalar energy against uniform negatives: low on the data, high on the box around them."""

import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import Positive
from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import ScoreMatching
from jepatlas.objectives.noise_contrastive import exponential


class Method(ScoreMatching):
    """sigma: std of noise added to the points, whose density is then the one that is learned;
    reach: from the mean of the training points to the sides of the box, in their std."""

    reach: Positive

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        x = batch + self.sigma * draws.normal(*batch.shape[1:])
        mean, scale = self.moments(networks)
        box = mean + self.reach * scale * (2 * draws.uniform(*batch.shape[1:]) - 1)
        energy, other = self.energy(networks, torch.cat([x, box], dim=1)).chunk(2, dim=1)
        log_noise = -(2 * self.reach * scale).log().sum(-1).expand_as(energy)
        return exponential(energy, log_noise, other, log_noise)
