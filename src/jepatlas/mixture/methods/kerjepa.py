"""KerJEPA: agreement, and a kernel Stein discrepancy that holds embeddings to a Gaussian."""

from torch import Tensor, nn

from jepatlas.common.base.parameters import Fraction
from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Embedding
from jepatlas.objectives.kernel_discrepancy import kerjepa


class Method(Embedding):
    """trade_off: the weight of the discrepancy."""

    trade_off: Fraction

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        return kerjepa(*self.embed_views(networks, *self.views(batch, draws)), self.trade_off)
