"""Basic JEPA: the embeddings of a pair agree, and nothing else."""

from typing import ClassVar

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.hidden_causes.learning.method import Base
from jepatlas.objectives.prediction import paired_distance


class Method(Base):
    """The loss has every constant map as an optimum."""

    scale_free: ClassVar[bool] = True

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        return paired_distance(*self.embed_views(networks, pairs))
