"""VICReg: two views alike, each dimension spread out, no two dimensions correlated."""

from torch import Tensor, nn

from jepatlas.common.base.parameters import NonNegative
from jepatlas.common.learning.draws import Draws
from jepatlas.images.learning.method import Pairs, TwoViews
from jepatlas.objectives.decorrelation import vicreg


class Method(TwoViews):
    """The weights of VICReg's three terms."""

    invariance: NonNegative
    variance: NonNegative
    covariance: NonNegative

    def loss(self, networks: nn.ModuleDict, batch: Pairs, draws: Draws) -> Tensor:
        z, z_prime = self.views(networks, batch, draws)
        return vicreg(z, z_prime, self.invariance, self.variance, self.covariance)
