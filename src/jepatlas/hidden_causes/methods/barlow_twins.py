"""Barlow Twins on the embeddings of a pair."""

from typing import ClassVar

from torch import Tensor, nn

from jepatlas.common.base.parameters import NonNegative
from jepatlas.common.learning.draws import Draws
from jepatlas.hidden_causes.learning.method import Base
from jepatlas.objectives.decorrelation import barlow_twins


class Method(Base):
    """redundancy: the weight of the off-diagonal correlations (lambda in the paper)."""

    redundancy: NonNegative
    scale_free: ClassVar[bool] = True

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        return barlow_twins(*self.embed_views(networks, pairs), self.redundancy)
