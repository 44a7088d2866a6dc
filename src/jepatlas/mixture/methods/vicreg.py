"""VICReg on the embeddings of a point and its perturbed copy."""

from torch import Tensor, nn

from jepatlas.common.base.parameters import NonNegative
from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Embedding
from jepatlas.objectives.decorrelation import vicreg


class Method(Embedding):
    """The weights of the three terms of the loss."""

    invariance: NonNegative
    variance: NonNegative
    covariance: NonNegative

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        z, z_prime = self.embed_views(networks, *self.views(batch, draws))
        return vicreg(z, z_prime, self.invariance, self.variance, self.covariance)
