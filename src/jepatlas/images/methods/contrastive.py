"""Contrastive (SimCLR): each view picks the other one of its image out of the batch."""

from torch import Tensor, nn

from jepatlas.common.base.parameters import Positive
from jepatlas.common.learning.draws import Draws
from jepatlas.images.learning.method import Pairs, TwoViews
from jepatlas.objectives.contrastive import nt_xent


class Method(TwoViews):
    """temperature: of the softmax over the views of the batch."""

    temperature: Positive

    def loss(self, networks: nn.ModuleDict, batch: Pairs, draws: Draws) -> Tensor:
        return nt_xent(*self.views(networks, batch, draws), self.temperature)
