"""Spectral contrastive: inner products as the ratio of the pairs' density to independence."""

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Embedding
from jepatlas.objectives.contrastive import spectral


class Method(Embedding):
    """The embedding spans the leading eigenfunctions of the kernel of pairs."""

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        return spectral(*self.embed_views(networks, *self.views(batch, draws)))
