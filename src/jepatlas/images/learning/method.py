"""What a method of the image track is: its parameters, its networks and its loss.

A method is one module in `methods/` with a class `Method`: a block of params.yaml in its fields,
and on it `networks`, `loss` and `predict`. Networks have a leading axis of members; here each
member has a network of its own (`Separate`), and the outputs are stacked.
"""

from abc import ABC, abstractmethod
from typing import Annotated, NamedTuple, cast

import torch
from pydantic import Field
from torch import Tensor, nn

from jepatlas.common.base.parameters import Count
from jepatlas.common.learning import methods as finding
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import Separate
from jepatlas.common.learning.family import Family
from jepatlas.common.learning.training import Training
from jepatlas.images import methods
from jepatlas.images.learning.networks import Encoder, mlp
from jepatlas.images.learning.perturb import Erosion, perturb

Channels = Annotated[tuple[Count, ...], Field(min_length=1, max_length=5)]
Share = Annotated[float, Field(ge=0, le=1)]
Shape = tuple[int, int]


class Pairs(NamedTuple):
    """A batch to learn from: clean `images` `[members, batch, 1, height, width]`, the clean
    `partners` that they are to be like, themselves or neighbours of theirs, and the `strength` of
    the perturbation."""

    images: Tensor
    partners: Tensor
    strength: float


class Base(Training, ABC):
    """The fields that every method has, and the functions that it must offer.

    family: the file of `objectives/` that the method's loss comes from; batch: images per step;
    ensemble_size: networks per member, each trained for itself, whose embeddings are concatenated;
    channels: of each block of the encoder; convolutions: in each block but the first; dim: of the
    embedding; strength: of the perturbation, which it reaches in equal steps from 0; photometric:
    the share of it that inversion and noise have; erosion: which of the two kinds; neighbours: how
    many nearest images an image is paired with, one at a time, in place of itself; 0: none.
    """

    family: Family
    epochs: Count
    batch: Count
    ensemble_size: Count
    channels: Channels
    convolutions: Count
    dim: Count
    strength: Share
    photometric: Share
    erosion: Erosion
    neighbours: Annotated[int, Field(ge=0)]

    def networks(self, shape: Shape, draws: Draws) -> nn.ModuleDict:
        """New networks for images of that height and width; a part `average` follows the part
        `online`. The weights come from `draws`."""
        return nn.ModuleDict({"online": Separate(lambda: self.encoder(shape), draws)})

    def encoder(self, shape: Shape) -> nn.Module:
        """One member's encoder: `[batch, 1, height, width] -> [batch, dim]`."""
        return Encoder(shape, self.channels, self.convolutions, self.dim)

    @abstractmethod
    def loss(self, networks: nn.ModuleDict, batch: Pairs, draws: Draws) -> Tensor:
        """The loss of each member, `[members]`, on its own batch."""

    def perturb(self, images: Tensor, strength: float, draws: Draws) -> Tensor:
        """Images `[members, batch, 1, height, width]`, perturbed as the method trains with."""
        pairs = zip(images, draws.generators, strict=True)
        views = [perturb(x, strength, g, self.erosion, self.photometric) for x, g in pairs]
        return torch.stack(views)

    def embed(self, networks: nn.ModuleDict, images: Tensor) -> Tensor:
        """`[members, batch, 1, height, width] -> [members, batch, dim]`."""
        return networks["online"](images)

    def predict(self, networks: nn.ModuleDict, images: Tensor) -> Tensor:
        """The predicted embedding of the clean images, from these: `[members, batch, dim]`.

        A method without a predictor predicts that they are the same.
        """
        return self.embed(networks, images)


class TwoViews(Base):
    """A method that compares two views of each image, without a target encoder: a perturbation of
    it, and one of it or of a neighbour.

    expander: widths of the network between the embedding and the loss; none: the embedding itself.
    """

    expander: tuple[Count, ...]

    def networks(self, shape: Shape, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(shape, draws)
        if self.expander:
            networks["expander"] = Separate(lambda: mlp([self.dim, *self.expander]), draws)
        else:
            networks["expander"] = nn.Identity()
        return networks

    def views(self, networks: nn.ModuleDict, batch: Pairs, draws: Draws) -> tuple[Tensor, Tensor]:
        """What the loss compares, for both views in one pass: `[members, batch, width]` each."""
        clean = torch.cat([batch.images, batch.partners], dim=1)
        perturbed = self.perturb(clean, batch.strength, draws)
        expanded = networks["expander"](self.embed(networks, perturbed)).float()
        first, second = expanded.chunk(2, dim=1)
        return first, second


def load(name: str) -> Base:
    """The method `name` with its block of params.yaml, validated."""
    return cast(Base, finding.load(methods, name, f"images.methods.{name}"))
