"""Networks of one method trained side by side, each for itself, and used as one.

Their embeddings stand in one row, whose cosines are near the means of theirs: what one of them gets
wrong by chance, the others outvote (an ensemble, as Hansen and Salamon 1990).
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from jepatlas.images.learning.method import Base


def networks(method: Base) -> nn.ModuleDict:
    """New networks: each part is a list, with that part of each member."""
    built = [method.networks() for _ in range(method.members)]
    return nn.ModuleDict({part: nn.ModuleList(one[part] for one in built) for part in built[0]})


def each(networks: nn.ModuleDict) -> list[nn.ModuleDict]:
    """The networks of each member, as the method's functions take them."""
    parts = zip(*networks.values(), strict=True)
    return [nn.ModuleDict(dict(zip(networks, member, strict=True))) for member in parts]


def row(
    function: Callable[[nn.ModuleDict, Tensor], Tensor], networks: nn.ModuleDict
) -> Callable[[Tensor], Tensor]:
    """A method's `embed` or `predict` by all members: `[batch, 1, 28, 28]` to a row for each image,
    `[batch, members x dim]`."""
    members = each(networks)
    return lambda images: torch.cat([function(member, images) for member in members], -1)
