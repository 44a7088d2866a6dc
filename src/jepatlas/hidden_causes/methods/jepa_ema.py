"""JEPA with an EMA target (BYOL): predict what a slower copy of the encoder makes of x'."""

from typing import ClassVar

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.hidden_causes.learning.method import TargetEncoder
from jepatlas.objectives.prediction import paired_distance


class Method(TargetEncoder):
    """No term asks for anything but directions that can be predicted."""

    scale_free: ClassVar[bool] = True

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        return paired_distance(*self.predict(networks, pairs))
