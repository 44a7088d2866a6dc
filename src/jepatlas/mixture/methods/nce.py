"""Noise-contrastive estimation of a scalar energy: tell data from a Gaussian of its moments."""

import math

import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import Positive
from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import ScoreMatching
from jepatlas.objectives.noise_contrastive import logistic


class Method(ScoreMatching):
    """sigma: std of noise added to the points, whose density is then the one that is learned;
    reach: std of the Gaussian to tell them from, in those of the training points."""

    reach: Positive

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        x = batch + self.sigma * draws.normal(*batch.shape[1:])
        mean, scale = self.moments(networks)
        noise = mean + self.reach * scale * draws.normal(*batch.shape[1:])
        both = torch.cat([x, noise], dim=1)
        spread = self.reach * scale
        squares = ((both - mean) / spread).square() + (2 * math.pi * spread.square()).log()
        energy, other = self.energy(networks, both).chunk(2, dim=1)
        log_noise, other_log_noise = (-squares.sum(-1) / 2).chunk(2, dim=1)
        return logistic(energy, log_noise, other, other_log_noise)
