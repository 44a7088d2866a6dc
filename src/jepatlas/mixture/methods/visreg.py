"""VISReg: agreement, and mean, variance and shape of the embeddings held to a Gaussian's."""

from torch import Tensor, nn

from jepatlas.common.base.parameters import Count, Fraction
from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Embedding
from jepatlas.objectives.visreg import visreg


class Method(Embedding):
    """trade_off: the weight of the regularisation; slices: random directions drawn at each step."""

    trade_off: Fraction
    slices: Count

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        z, z_prime = self.embed_views(networks, *self.views(batch, draws))
        directions = draws.normal(self.widths[-1], self.slices)
        return visreg(z, z_prime, directions, self.trade_off)
