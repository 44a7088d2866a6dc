"""Contrastive joint embedding: InfoNCE between a point and its perturbed copy (CPC)."""

from torch import Tensor, nn

from jepatlas.common.parameters import Positive
from jepatlas.common.random import Noise
from jepatlas.mog.method import Embedding
from jepatlas.objectives.contrastive import info_nce


class Method(Embedding):
    """temperature: of the softmax over the batch."""

    temperature: Positive

    def loss(self, networks: nn.ModuleDict, batch: Tensor, noise: Noise) -> Tensor:
        z, z_prime = self.embed_views(networks, *self.views(batch, noise))
        return info_nce(z, z_prime, self.temperature)
