"""Implicit score matching through a scalar energy (Hyvarinen 2005)."""

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import ScoreMatching
from jepatlas.objectives.score_matching import implicit


class Method(ScoreMatching):
    """sigma: std of noise added to the points; the score of the so smoothed density is learned.

    At sigma 0 this is Hyvarinen's method to the letter.
    """

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        x = batch + self.sigma * draws.normal(*batch.shape[1:])
        return implicit(*self.gradient_and_laplacian(networks, x))
