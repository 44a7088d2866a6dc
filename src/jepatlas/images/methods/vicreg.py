"""VICReg: two views alike, each dimension spread out, no two dimensions correlated."""

from torch import Generator, Tensor, nn

from jepatlas.common.parameters import NonNegative
from jepatlas.images.method import TwoViews
from jepatlas.objectives.decorrelation import vicreg


class Method(TwoViews):
    """The weights of VICReg's three terms."""

    invariance: NonNegative
    variance: NonNegative
    covariance: NonNegative

    def loss(
        self,
        networks: nn.ModuleDict,
        images: Tensor,
        partners: Tensor,
        strength: float,
        generator: Generator,
    ) -> Tensor:
        z, z_prime = self.views(networks, images, partners, strength, generator)
        return vicreg(z, z_prime, self.invariance, self.variance, self.covariance).sum()
