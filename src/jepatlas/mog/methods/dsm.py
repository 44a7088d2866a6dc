"""Denoising score matching through a scalar energy (Vincent 2011)."""

from torch import Tensor, nn

from jepatlas.common.parameters import Positive
from jepatlas.common.random import Noise
from jepatlas.mog.method import ScoreMatching
from jepatlas.objectives.score_matching import denoising


class Method(ScoreMatching):
    """sigma: std of the noise, and so of the smoothing of the density that is learned."""

    sigma: Positive

    def loss(self, networks: nn.ModuleDict, batch: Tensor, noise: Noise) -> Tensor:
        epsilon = noise.normal(*batch.shape[1:])
        score = -self.gradient(networks, batch + self.sigma * epsilon)
        return denoising(score, epsilon, self.sigma)
