"""A method as somebody else would add one, in a module of its own: its objective is found there."""

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import Linear
from jepatlas.mixture.learning.method import Embedding
from jepatlas.objectives.decorrelation import vicreg


class Residual(nn.Module):
    """An encoder of another kind: GELU, and a way around the middle layer."""

    def __init__(self, draws: Draws) -> None:
        super().__init__()
        sizes = [(2, 8), (8, 8), (8, 6)]
        self.first, self.middle, self.last = (Linear(a, b, draws) for a, b in sizes)

    def forward(self, x: Tensor) -> Tensor:
        h = nn.functional.gelu(self.first(x))
        return self.last(h + nn.functional.gelu(self.middle(h)))


class Own(Embedding):
    """A method of one's own, with networks of its own kind and another way to embed."""

    def networks(self, points: Tensor, draws: Draws) -> nn.ModuleDict:
        return nn.ModuleDict({"trunk": Residual(draws)})

    def embed(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        return networks["trunk"](x) * 2 + 1

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        return vicreg(*self.embed_views(networks, *self.views(batch, draws)), 25, 25, 1)
