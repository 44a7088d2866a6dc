"""Barlow Twins on the embeddings of a point and its perturbed copy."""

from torch import Tensor, nn

from jepatlas.common.parameters import NonNegative
from jepatlas.common.random import Noise
from jepatlas.mog.method import Embedding
from jepatlas.objectives.decorrelation import barlow_twins


class Method(Embedding):
    """redundancy: the weight of the off-diagonal correlations (lambda in the paper)."""

    redundancy: NonNegative

    def loss(self, networks: nn.ModuleDict, batch: Tensor, noise: Noise) -> Tensor:
        z, z_prime = self.embed_views(networks, *self.views(batch, noise))
        return barlow_twins(z, z_prime, self.redundancy)
