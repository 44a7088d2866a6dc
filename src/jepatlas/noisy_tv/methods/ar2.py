"""AR of second order: encode two frames, decode the next."""

from typing import ClassVar

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.noisy_tv.learning.method import Decoding
from jepatlas.objectives.reconstruction import squared_error


class Method(Decoding):
    """Two frames show a velocity; where one frame shows the whole state, they add little."""

    context: ClassVar[int] = 2

    def loss(self, networks: nn.ModuleDict, window: Tensor, draws: Draws) -> Tensor:
        context, future = self.split(window)
        return squared_error(future, networks["decoder"](networks["online"](context)))
