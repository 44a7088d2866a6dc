"""LeJEPA: agreement of the two embeddings, and SIGReg instead of an EMA target."""

from torch import Tensor, nn

from jepatlas.common.base.parameters import Count, Fraction
from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Embedding
from jepatlas.objectives.sigreg import lejepa


class Method(Embedding):
    """trade_off: the weight of SIGReg; slices: random directions drawn at each step."""

    trade_off: Fraction
    slices: Count

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        z, z_prime = self.embed_views(networks, *self.views(batch, draws))
        directions = draws.normal(self.widths[-1], self.slices)
        return lejepa(z, z_prime, directions, self.trade_off)
