"""LeJEPA: two views alike, and SIGReg in place of the EMA target."""

from torch import Tensor, nn

from jepatlas.common.base.parameters import Count, Fraction
from jepatlas.common.learning.draws import Draws
from jepatlas.images.learning.method import Pairs, TwoViews
from jepatlas.objectives.sigreg import lejepa


class Method(TwoViews):
    """trade_off: the weight of SIGReg; slices: random directions drawn at each step."""

    trade_off: Fraction
    slices: Count

    def loss(self, networks: nn.ModuleDict, batch: Pairs, draws: Draws) -> Tensor:
        z, z_prime = self.views(networks, batch, draws)
        directions = draws.normal(z.shape[-1], self.slices)
        return lejepa(z, z_prime, directions, self.trade_off)
