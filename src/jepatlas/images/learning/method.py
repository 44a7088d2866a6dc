"""What a method of the image track is: its parameters, its networks and its loss.

A method is one module in `methods/` with a class `Method`: a block of params.yaml in its fields,
and on it `networks`, `loss` and `predict`.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, cast

import torch
from pydantic import Field
from torch import Generator, Tensor, nn

from jepatlas.common.base.parameters import Count, Fraction, section
from jepatlas.common.learning.epochs import Epochs
from jepatlas.common.learning.methods import find
from jepatlas.common.learning.training import Family
from jepatlas.images import methods
from jepatlas.images.learning.networks import Encoder, mlp
from jepatlas.images.learning.perturb import Erosion, perturb

Channels = Annotated[tuple[Count, ...], Field(min_length=1, max_length=5)]
Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class Pairs:
    """A batch to learn from: clean `images` `[batch, 1, 28, 28]` and the clean `partners` that they
    are to be like, themselves or neighbours of theirs; `strength` of the perturbation; `generator`
    for everything that is drawn."""

    images: Tensor
    partners: Tensor
    strength: float
    generator: Generator


class Base(Epochs, ABC):
    """The fields that every method has, and the functions that it must offer.

    family: the file of `objectives/` that the method's loss comes from; members: how many are
    trained side by side and used as one; channels: of each stage of the encoder; convolutions: in
    each stage but the first; dim: of the embedding; strength: of the perturbation, which it reaches
    in equal steps from 0; photometric: the share of it that inversion and noise have; erosion:
    which of the two kinds; neighbours: how many nearest images an image is paired with, one at a
    time, in place of itself; 0: none.
    """

    family: Family
    members: Count
    channels: Channels
    convolutions: Count
    dim: Count
    strength: Share
    photometric: Share
    erosion: Erosion
    neighbours: Annotated[int, Field(ge=0)]
    averaging: Fraction | None = None

    def networks(self) -> nn.ModuleDict:
        """New networks of one member; a part `average` follows the part `online`."""
        return nn.ModuleDict({"online": Encoder(self.channels, self.convolutions, self.dim)})

    @abstractmethod
    def loss(self, networks: nn.ModuleDict, pairs: Pairs) -> Tensor:
        """The loss of a batch, a scalar."""

    def perturb(self, images: Tensor, pairs: Pairs) -> Tensor:
        """Images of the pairs, perturbed as the method trains with."""
        return perturb(images, pairs.strength, pairs.generator, self.erosion, self.photometric)

    def embed(self, networks: nn.ModuleDict, images: Tensor) -> Tensor:
        """`[batch, 1, 28, 28] -> [batch, dim]`."""
        return networks["online"](images)

    def predict(self, networks: nn.ModuleDict, images: Tensor) -> Tensor:
        """The predicted embedding of the clean images, from these: `[batch, dim]`.

        A method without a predictor predicts that they are the same.
        """
        return self.embed(networks, images)


class TwoViews(Base):
    """A method that compares two views of each image, without a target encoder: a perturbation of
    it, and one of it or of a neighbour.

    expander: widths of the network between the embedding and the loss; none: the embedding itself.
    """

    expander: tuple[Count, ...]

    def networks(self) -> nn.ModuleDict:
        networks = super().networks()
        networks["expander"] = mlp([self.dim, *self.expander]) if self.expander else nn.Identity()
        return networks

    def views(self, networks: nn.ModuleDict, pairs: Pairs) -> tuple[Tensor, Tensor]:
        """What the loss compares, for both views in one pass: `[1, batch, width]` each."""
        pair = [self.perturb(clean, pairs) for clean in (pairs.images, pairs.partners)]
        expanded = networks["expander"](self.embed(networks, torch.cat(pair))).float()
        first, second = expanded.chunk(2)
        return first[None], second[None]


def load(name: str) -> Base:
    """The method `name` with its block of params.yaml, validated."""
    key = f"images.methods.{name}"
    return section(key, cast(type[Base], find(methods, name, key)))
