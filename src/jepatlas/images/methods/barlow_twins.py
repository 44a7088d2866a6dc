"""Barlow Twins: dimensions alike across two views, and no two of them correlated."""

from torch import Tensor, nn

from jepatlas.common.base.parameters import NonNegative
from jepatlas.common.learning.draws import Draws
from jepatlas.images.learning.method import Pairs, TwoViews
from jepatlas.objectives.decorrelation import barlow_twins


class Method(TwoViews):
    """redundancy: the weight of the correlations between different dimensions."""

    redundancy: NonNegative

    def loss(self, networks: nn.ModuleDict, batch: Pairs, draws: Draws) -> Tensor:
        return barlow_twins(*self.views(networks, batch, draws), self.redundancy)
