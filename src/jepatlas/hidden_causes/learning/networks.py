"""The encoders of the hidden causes: an MLP, or coupling layers with free weights."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP, Linear

FAINT = 0.1  # of the usual size, that of what a spare layer adds at the start


def mlp(inputs: int, widths: Sequence[int], outputs: int, detail: float, draws: Draws) -> MLP:
    """An ensemble of MLPs with GELU.

    detail: by what the first layer's weights and biases are larger than usual at the start. A
    mixing has folds much finer than the width of the data, and a network that begins as smooth as
    usual takes long to find functions that follow them (Rahaman et al. 2019, arXiv 1806.08734).
    """
    network = MLP([inputs, *widths, outputs], draws, gelu)
    _scaled(network.layers[0], detail)
    return network


class Couplings(nn.Module):
    """Additive coupling layers undone one by one, each with a `conditioner` of its own: what it
    makes of one half of the numbers is taken from the other half."""

    def __init__(self, conditioners: Iterable[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(conditioners)

    def forward(self, x: Tensor) -> Tensor:
        """`[members, batch, dim] -> [members, batch, dim]`."""
        first, second = x.chunk(2, dim=-1)
        for layer in self.layers:
            first, second = second, first - layer(second)
        return torch.cat([first, second], dim=-1)


def matched(dim: int, layers: int, detail: float, draws: Draws) -> Couplings:
    """The inverse of as many coupling layers, each with a W of its own to be learned."""
    return Couplings(_wave(dim // 2, dim // 2, detail, draws) for _ in range(layers))


def spare(dim: int, layers: int, units: int, detail: float, draws: Draws) -> nn.Sequential:
    """More layers than the mixing has, each with more `units` than numbers, and a linear map after
    them: most units that begin on the wrong side can then be left alone. Layers begin as next to
    nothing, so that the whole begins as a linear map."""
    conditioners = [
        nn.Sequential(
            _wave(dim // 2, units, detail, draws),
            _scaled(Linear(units, dim // 2, draws, bias=False), FAINT),
        )
        for _ in range(layers)
    ]
    return nn.Sequential(Couplings(conditioners), Linear(dim, dim, draws, bias=False))


def _wave(inputs: int, units: int, detail: float, draws: Draws) -> nn.Sequential:
    """tanh(z W), with a W `detail` times as large as usual at the start."""
    return nn.Sequential(_scaled(Linear(inputs, units, draws, bias=False), detail), nn.Tanh())


def _scaled(layer: nn.Module, factor: float) -> nn.Module:
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.mul_(factor)
    return layer
