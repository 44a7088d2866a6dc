"""Sliced score matching through a scalar energy (Song et al. 2019)."""

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import ScoreMatching
from jepatlas.objectives.score_matching import sliced


class Method(ScoreMatching):
    """sigma: std of noise added to the points; the score of the so smoothed density is learned."""

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        x = batch + self.sigma * draws.normal(*batch.shape[1:])
        directions = draws.normal(*batch.shape[1:])
        return sliced(*self.along(networks, x, directions))
