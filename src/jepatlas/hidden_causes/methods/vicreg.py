"""VICReg on the embeddings of a pair."""

from torch import Tensor, nn

from jepatlas.common.base.parameters import NonNegative
from jepatlas.common.learning.draws import Draws
from jepatlas.hidden_causes.learning.method import Base
from jepatlas.objectives.decorrelation import vicreg


class Method(Base):
    """The weights of the three terms of the loss."""

    invariance: NonNegative
    variance: NonNegative
    covariance: NonNegative

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        views = self.embed_views(networks, pairs)
        return vicreg(*views, self.invariance, self.variance, self.covariance)
