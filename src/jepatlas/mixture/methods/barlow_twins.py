"""Barlow Twins on the embeddings of a point and its perturbed copy."""

from torch import Tensor, nn

from jepatlas.common.base.parameters import NonNegative
from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Embedding
from jepatlas.objectives.decorrelation import barlow_twins


class Method(Embedding):
    """redundancy: the weight of the off-diagonal correlations (lambda in the paper)."""

    redundancy: NonNegative

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        z, z_prime = self.embed_views(networks, *self.views(batch, draws))
        return barlow_twins(z, z_prime, self.redundancy)
