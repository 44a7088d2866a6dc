"""What a method of the mixture track is: its parameters, its networks and its loss.

A method is one module in `methods/` with a class `Method`: the block of a recipe in params.yaml in
its fields, and on it `networks` and `loss`. What it learns decides what is measured: an `Embedding`
has `embed`, a `ScoreMatching` has an energy, and a `Masked` one also predicts from masked points.
"""

from abc import ABC, abstractmethod
from typing import Annotated, Any, Literal, cast

import torch
from pydantic import Field
from torch import Tensor, nn

from jepatlas.common.base.parameters import (
    Count,
    Fraction,
    NonNegative,
    Section,
    validate,
    value,
)
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP, average_of
from jepatlas.common.learning.family import Family, check_family
from jepatlas.common.learning.methods import find
from jepatlas.common.learning.training import Training
from jepatlas.mixture import methods
from jepatlas.mixture.learning.networks import Energy, Inputs, PlainEnergy, encoder
from jepatlas.mixture.truth.recipes import DEFAULT, recipes

Widths = Annotated[tuple[Count, ...], Field(min_length=1)]


class Base(Training, ABC):
    """The fields that every method has, and the two functions that it must offer.

    mixture: one of `mixture.mixtures`, none for the track's own; batch: points per step and member,
    drawn with replacement.
    """

    mixture: str | None = None
    steps: Count
    batch: Count

    @abstractmethod
    def networks(self, points: Tensor, draws: Draws) -> nn.ModuleDict:
        """New networks; the part `online` is trained, a part `average` follows it.

        points: `[members, n, d]`, the training points, for the scale of the inputs;
        draws: the generators that the weights are drawn from.
        """

    @abstractmethod
    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        """The loss of each member, `[members]`, on its own batch `[members, batch, d]`."""


class Embedding(Base):
    """A joint-embedding method: an MLP encoder, and views made by additive Gaussian noise.

    noise: its std; noisy_views: `one`, and the other is the point itself, or `both`, with noise of
    their own; widths, inputs: of the encoder.
    """

    noise: NonNegative
    noisy_views: Literal["one", "both"] = "one"
    widths: Widths
    inputs: Inputs = "standardised"

    def networks(self, points: Tensor, draws: Draws) -> nn.ModuleDict:
        return nn.ModuleDict({"online": encoder(points, self.widths, draws, self.inputs)})

    def views(self, batch: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """(x, x') with x' = x + noise, the pair of the document; x too may have noise."""
        x_prime = batch + self.noise * draws.normal(*batch.shape[1:])
        if self.noisy_views == "one":
            return batch, x_prime
        return batch + self.noise * draws.normal(*batch.shape[1:]), x_prime

    def embed(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """f(x): `[members, batch, d] -> [members, batch, dim]`."""
        return networks["online"](x)

    def embed_views(self, networks: nn.ModuleDict, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """(f(x), f(y)) in one pass of the encoder over both."""
        both = self.embed(networks, torch.cat([x, y], dim=1))
        z, z_prime = both.unflatten(1, (2, -1)).unbind(1)
        return z, z_prime

    def embed_reference(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """g(x_ref) of the landscape E(x; x_ref) = -cos(f(x), g(x_ref)): f itself, or a target."""
        return networks["average"](x) if "average" in networks else self.embed(networks, x)


class TargetEncoder(Embedding):
    """An embedding method that predicts what a slower copy of the encoder, the target, makes of x.

    predictor: its hidden widths, none for no predictor; averaging: decay of the target encoder.
    """

    predictor: Widths | None = None
    averaging: Fraction

    def networks(self, points: Tensor, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(points, draws)
        if self.predictor is not None:
            inputs = self.widths[-1] + self.told(points.shape[-1])
            networks["predictor"] = MLP([inputs, *self.predictor, self.widths[-1]], draws)
        networks["average"] = average_of(networks["online"])
        return networks

    def told(self, dimension: int) -> int:
        """How many numbers the predictor is given besides the embedding."""
        return 0


class Masked(TargetEncoder):
    """One that also predicts from points with coordinates masked."""

    predictor: Widths

    def told(self, dimension: int) -> int:
        # Which coordinates are masked: they are set to 0, and 0 is a value that they can have.
        return dimension

    @abstractmethod
    def predict(self, networks: nn.ModuleDict, x: Tensor, visible: Tensor) -> Tensor:
        """The predicted embedding of the full points `[members, batch, dim]`.

        x: `[members, batch, d]`; visible: 1 for a coordinate that is seen and 0 for a masked one,
        broadcast against x. What is masked in x is never looked at.
        """


class ScoreMatching(Base):
    """A method that learns a scalar energy E = -log p_sigma + const, with the score -dE/dx.

    sigma: std of the Gaussian that smooths the density; hidden: widths of the energy's MLP.
    """

    sigma: NonNegative
    hidden: Widths

    def networks(self, points: Tensor, draws: Draws) -> nn.ModuleDict:
        return nn.ModuleDict({"online": Energy(points, self.hidden, draws)})

    def energy(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """E(x): `[members, batch, d] -> [members, batch]`."""
        return networks["online"](x)

    def gradient(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """dE/dx, minus the score: `[members, batch, d] -> [members, batch, d]`."""
        return cast(Energy | PlainEnergy, networks["online"]).gradient(x)

    def gradient_and_laplacian(self, networks: nn.ModuleDict, x: Tensor) -> tuple[Tensor, Tensor]:
        """dE/dx `[members, batch, d]` and the Laplacian of E `[members, batch]`."""
        return cast(Energy, networks["online"]).gradient_and_laplacian(x)

    def along(self, networks: nn.ModuleDict, x: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """First and second derivative of E at x along v, `[members, batch]` each."""
        return cast(Energy, networks["online"]).along(x, v)

    def moments(self, networks: nn.ModuleDict) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of the training points' coordinates, `[members, 1, d]`."""
        standardize = cast(Energy | PlainEnergy, networks["online"]).standardize
        return standardize.mean, standardize.scale


class FirstOrder(ScoreMatching):
    """One whose loss takes no second derivatives, so that its energy may have kinks.

    network: `confining` for an `Energy`, `plain` for a `PlainEnergy`.
    """

    network: Literal["confining", "plain"] = "confining"

    def networks(self, points: Tensor, draws: Draws) -> nn.ModuleDict:
        if self.network == "confining":
            return super().networks(points, draws)
        return nn.ModuleDict({"online": PlainEnergy(points, self.hidden, draws)})


class Blocks(Section):
    """A method in params.yaml. family: the file of `objectives/` that its loss comes from; then the
    parameters of each recipe."""

    family: Family
    as_published: dict[str, Any] | None = None
    default: dict[str, Any]


def load(name: str, recipe: str = DEFAULT) -> Base:
    """The method `name` of a recipe that it has, from its block of params.yaml, validated."""
    return load_all(name)[recipe]


def load_all(name: str) -> dict[str, Base]:
    """The method `name` of each recipe that it has."""
    key = f"mixture.methods.{name}"
    kind = cast(type[Base], find(methods, name, key))
    blocks = validate(value(key), Blocks, key)
    check_family(kind, blocks.family, key)
    return {
        recipe: validate(getattr(blocks, recipe), kind, f"{key}.{recipe}")
        for recipe in recipes(name)
    }
