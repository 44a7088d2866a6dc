"""Ensembles of networks: every tensor has a leading member axis.

One pass trains all members, because a product of stacks `[members, batch, in] @
[members, in, out]` keeps the cores as busy as one large matrix product. Members share nothing:
the loss is summed over them, so their gradients do not mix.
"""

import copy
import itertools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws

Activation = Callable[[Tensor], Tensor]


class Linear(nn.Module):
    """`members` independent affine maps: `[members, batch, in] -> [members, batch, out]`.

    Weights and biases start uniform on +-1/sqrt(in), as in `torch.nn.Linear`.
    """

    def __init__(self, inputs: int, outputs: int, draws: Draws, bias: bool = True) -> None:
        super().__init__()
        bound = 1 / math.sqrt(inputs)
        self.weight = nn.Parameter((2 * draws.uniform(inputs, outputs) - 1) * bound)
        self.bias = nn.Parameter((2 * draws.uniform(1, outputs) - 1) * bound) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return torch.bmm(x, self.weight)
        return torch.baddbmm(self.bias, x, self.weight)


class MLP(nn.Module):
    """Affine maps of the given widths with an activation between them, none at the end."""

    def __init__(
        self, widths: Sequence[int], draws: Draws, activation: Activation = torch.relu_
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            Linear(inputs, outputs, draws) for inputs, outputs in itertools.pairwise(widths)
        )
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        """`[members, batch, widths[0]] -> [members, batch, widths[-1]]`."""
        *hidden, last = self.layers
        for layer in hidden:
            x = self.activation(layer(x))
        return last(x)


class Separate(nn.Module):
    """Networks of any kind, one for each member, run one after the other."""

    def __init__(self, build: Callable[[], nn.Module], draws: Draws) -> None:
        """build: makes one network, drawing from torch's global generator, which is seeded for each
        member by its own draws and put back as it was."""
        super().__init__()
        networks = []
        for seed in draws.integers(2**62, 1)[:, 0].tolist():
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                networks.append(build())
        self.members = nn.ModuleList(networks)

    def forward(self, x: Tensor) -> Tensor:
        """`[members, batch, ...] -> [members, batch, ...]`."""
        pairs = zip(self.members, x, strict=True)
        return torch.stack([network(own) for network, own in pairs])


def average_of(network: nn.Module) -> nn.Module:
    """A copy for the training loop to keep as the moving average of `network`: no gradient."""
    return copy.deepcopy(network).requires_grad_(False)


def owner(networks: nn.Module, name: str, members: int) -> int:
    """The member, of so many, to whom the value belongs that is furthest from 0, or is no number,
    in the parameter called `name`. A member may have several networks, one after the other."""
    separate, found, rest = name.partition(".members.")
    if found:
        count = len(list(networks.get_submodule(f"{separate}.members").children()))
        return int(rest.partition(".")[0]) * members // count
    parameter = networks.get_parameter(name).detach()
    largest = parameter.abs().reshape(len(parameter), -1).amax(1)
    return int(largest.argmax()) * members // len(parameter)
