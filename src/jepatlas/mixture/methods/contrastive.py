"""Contrastive joint embedding: InfoNCE between a point and its perturbed copy (CPC)."""

from torch import Tensor, nn

from jepatlas.common.base.parameters import Positive
from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Embedding
from jepatlas.objectives.contrastive import info_nce


class Method(Embedding):
    """temperature: of the softmax over the batch."""

    temperature: Positive

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        z, z_prime = self.embed_views(networks, *self.views(batch, draws))
        return info_nce(z, z_prime, self.temperature)
