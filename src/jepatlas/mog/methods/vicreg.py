"""VICReg on the embeddings of a point and its perturbed copy."""

from torch import Tensor, nn

from jepatlas.common.parameters import NonNegative
from jepatlas.common.random import Noise
from jepatlas.mog.method import Embedding
from jepatlas.objectives.decorrelation import vicreg


class Method(Embedding):
    """The weights of the three terms of the loss."""

    invariance: NonNegative
    variance: NonNegative
    covariance: NonNegative

    def loss(self, networks: nn.ModuleDict, batch: Tensor, noise: Noise) -> Tensor:
        z, z_prime = self.embed_views(networks, *self.views(batch, noise))
        return vicreg(z, z_prime, self.invariance, self.variance, self.covariance)
