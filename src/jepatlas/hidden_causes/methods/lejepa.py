"""LeJEPA: agreement of the two embeddings, and SIGReg, which asks for an isotropic Gaussian."""

from torch import Tensor, nn

from jepatlas.common.base.parameters import Count, Fraction
from jepatlas.common.learning.draws import Draws
from jepatlas.hidden_causes.learning.method import Base
from jepatlas.objectives.sigreg import lejepa


class Method(Base):
    """trade_off: the weight of SIGReg; slices: random directions drawn at each step."""

    trade_off: Fraction
    slices: Count

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        h, h_prime = self.embed_views(networks, pairs)
        directions = draws.normal(h.shape[-1], self.slices)
        return lejepa(h, h_prime, directions, self.trade_off)
