"""An affine map whose values point along the ray."""

from torch import Tensor, nn

from jepatlas.common.base.parameters import Positive
from jepatlas.objectives.prediction import paired_distance
from jepatlas.toy.learning.method import Base


class Method(Base):
    """strength: of the loss."""

    strength: Positive

    def loss(self, networks: nn.ModuleDict, seen: Tensor, direction: Tensor) -> Tensor:
        found = networks["online"](seen)
        return self.strength * paired_distance(found, direction.expand_as(found))
