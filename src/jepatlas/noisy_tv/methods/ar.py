"""AR: encode a frame, decode the next (autoregressive prediction through a bottleneck)."""

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.noisy_tv.learning.method import Decoding
from jepatlas.objectives.reconstruction import squared_error


class Method(Decoding):
    """With linear maps this is reduced-rank regression: on whitened frames, its optimum is CCA."""

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        context, future = self.split(pairs)
        return squared_error(future, networks["decoder"](networks["online"](context)))
