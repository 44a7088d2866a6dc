"""Which objectives leave the mean of the embedding open, and embeddings without it.

A cosine depends on where the origin is. VICReg and Barlow Twins see differences and standardised
embeddings only: the mean is then whatever training happened to leave, and not a thing to measure.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Embedding

Encode = Callable[[Tensor], Tensor]
Encoders = tuple[Encode, Encode]
ENCODERS = ("online", "average")
SHIFT = 1.0  # of every component of the embedding
BATCH = 128
SAME = 1e-4  # relative change of a loss that counts as none


class Shifted(nn.Module):
    """An encoder whose embedding has a constant added."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, x: Tensor) -> Tensor:
        return self.encoder(x) + SHIFT


@torch.no_grad()
def mean_is_open(method: Embedding, networks: nn.ModuleDict, x: Tensor) -> bool:
    """Whether the loss stays the same when a constant is added to all embeddings. Where that cannot
    be tried, as the networks are of another kind, it is taken to be fixed.

    x: `[members, n, d]`, of which a batch is looked at.
    """
    x = x[:, :BATCH]
    shifted = nn.ModuleDict(
        {name: Shifted(part) if name in ENCODERS else part for name, part in networks.items()}
    )
    moved = method.embed(shifted, x) - method.embed(networks, x)
    if not torch.allclose(moved, torch.full_like(moved, SHIFT), atol=1e-3):
        return False
    before, after = (
        method.loss(one, x, Draws(0, len(x), "views", x.device)) for one in (networks, shifted)
    )
    return torch.allclose(before, after, rtol=SAME)


def encoders(method: Embedding, networks: nn.ModuleDict, x: Tensor) -> Encoders:
    """f and g of a landscape as they are measured: less their mean over the points x where it is
    open, for the weights that the networks have when they are called."""
    return encoders_about(method, networks, x, centred=mean_is_open(method, networks, x))


def encoders_about(
    method: Embedding, networks: nn.ModuleDict, x: Tensor, *, centred: bool
) -> Encoders:
    """f and g, less their mean over the points x if they are to be `centred`."""
    if not centred:
        return (
            lambda points: method.embed(networks, points),
            lambda points: method.embed_reference(networks, points),
        )
    return (
        lambda points: (
            method.embed(networks, points) - method.embed(networks, x).mean(1, keepdim=True)
        ),
        lambda points: (
            method.embed_reference(networks, points)
            - method.embed_reference(networks, x).mean(1, keepdim=True)
        ),
    )
