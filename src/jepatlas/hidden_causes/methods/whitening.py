"""Agreement of the two embeddings, and a penalty on what their covariance lacks of the identity."""

from torch import Tensor, nn

from jepatlas.common.base.parameters import Fraction
from jepatlas.common.learning.draws import Draws
from jepatlas.hidden_causes.learning.method import Base
from jepatlas.objectives.whitening import whitening


class Method(Base):
    """trade_off: the weight of the penalty."""

    trade_off: Fraction

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        return whitening(*self.embed_views(networks, pairs), self.trade_off)
