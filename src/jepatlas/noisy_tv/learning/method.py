"""What a method of the noisy-TV track is: its parameters, its networks, its loss, its forecasts.

A method is one module in `methods/` with a class `Method`. It has a block per recipe in
params.yaml. What it learns from is a window of frames, `[members, points, frames * observation]`,
the oldest first: the last frame is the future, those before are the context of the encoder.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, Self, cast

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from jepatlas.common.base.parameters import (
    PARAMS,
    Count,
    InputError,
    NonNegative,
    Section,
    validate,
    value,
)
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import Linear, average_of
from jepatlas.common.learning.family import Family, check_family
from jepatlas.common.learning.methods import find
from jepatlas.common.learning.training import Training
from jepatlas.noisy_tv import methods
from jepatlas.noisy_tv.learning.inputs import Scaling
from jepatlas.noisy_tv.learning.networks import GaussianPredictor, Variance, encoder


class Base(Training, ABC):
    """The fields that every method has, and the functions that it must offer.

    inputs: how observations are scaled; latent: dimensions of z; depth, width: hidden layers of the
    encoder, and their size; batch: windows per step, drawn with replacement, none for all at once
    (which takes a linear encoder).
    """

    steps: Count
    batch: Count | None = None
    inputs: Scaling
    latent: Count
    depth: Annotated[int, Field(ge=0)] = 0
    width: Count = 64

    context: ClassVar[int] = 1  # frames that the encoder sees
    lead: ClassVar[int] = 1  # steps from the context to the state that its latent is read for

    @model_validator(mode="after")
    def _batch_suits_depth(self) -> Self:
        if self.depth and self.batch is None:
            raise ValueError("batch should be given, as an encoder of depth 1 or more needs one")
        return self

    def networks(self, observation: int, draws: Draws) -> nn.ModuleDict:
        """New networks for frames of `observation` numbers; the part `online` is the encoder."""
        inputs = self.context * observation
        online = encoder(inputs, self.depth, self.width, self.latent, draws)
        return nn.ModuleDict({"online": online})

    def split(self, window: Tensor) -> tuple[Tensor, Tensor]:
        """(context, future): all frames but the last, and the last."""
        observation = window.shape[-1] // (self.context + 1)
        return window[..., :-observation], window[..., -observation:]

    @abstractmethod
    def loss(self, networks: nn.ModuleDict, window: Tensor, draws: Draws) -> Tensor:
        """The loss of each member, `[members]`, on its own windows."""

    @abstractmethod
    def forecasts(self, networks: nn.ModuleDict, context: Tensor) -> Iterator[Tensor]:
        """Latents `[members, batch, dim]` from which s is read `lead`, `lead` + 1, ... steps after
        the context; it ends where the method has nothing to iterate."""


class Decoding(Base):
    """A method with a decoder that makes an observation of a latent."""

    def networks(self, observation: int, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(observation, draws)
        networks["decoder"] = Linear(self.latent, observation, draws, bias=False)
        return networks

    def decode(self, networks: nn.ModuleDict, z: Tensor) -> Tensor:
        return networks["decoder"](z)

    def latents(self, networks: nn.ModuleDict, z: Tensor) -> Tensor:
        """What of z counts as the latent; all of it, unless the method selects."""
        return z

    def forecasts(self, networks: nn.ModuleDict, context: Tensor) -> Iterator[Tensor]:
        """The decoded next frame becomes the newest frame of the context."""
        while True:
            z = networks["online"](context)
            yield self.latents(networks, z)
            future = self.decode(networks, z)
            context = torch.cat([context, future], dim=-1)[..., future.shape[-1] :]


class VariationalDecoding(Decoding):
    """A decoding method with a posterior q(z | x), whose variance is learned.

    beta: weight of its divergence from N(0, I).
    """

    beta: NonNegative

    def networks(self, observation: int, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(observation, draws)
        networks["posterior"] = Variance(len(draws), self.latent)
        return networks

    def decoded(
        self, networks: nn.ModuleDict, context: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(decoded mean, decoder, mean and log variance of q), in the order of `negative_elbo`."""
        z, decoder = networks["online"](context), cast(Linear, networks["decoder"])
        return decoder(z), decoder.weight, z, networks["posterior"]()


class Predicting(Base):
    """A joint-embedding method: a predictor from the latent of a frame to that of the next.

    The target is the encoder itself or, with `averaging`, a moving average of it.
    """

    def networks(self, observation: int, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(observation, draws)
        networks["predictor"] = self.predictor(draws)
        if self.averaging is not None:
            networks["average"] = average_of(networks["online"])
        return networks

    def predictor(self, draws: Draws) -> nn.Module:
        return Linear(self.latent, self.latent, draws, bias=False)

    def embed(self, networks: nn.ModuleDict, window: Tensor) -> tuple[Tensor, Tensor]:
        """Latents of the context and, by the target encoder, of the future."""
        context, future = self.split(window)
        target = networks["online" if self.averaging is None else "average"]
        return networks["online"](context), target(future)

    def forecasts(self, networks: nn.ModuleDict, context: Tensor) -> Iterator[Tensor]:
        z = networks["online"](context)
        while True:
            z = networks["predictor"](z)
            yield z


class Variational(Predicting):
    """A predicting method that forecasts a distribution of the next latent.

    beta: weight of the posterior's divergence from N(0, I); entropy: weight of the aggregate
    posterior's entropy; posterior: its variance is learned or, as published, 1 and left out
    of the code length; precision: that of the predictor, a full matrix or a diagonal one.
    """

    prior_expert: ClassVar[bool] = False  # whether the dynamics are multiplied with a prior

    beta: NonNegative
    entropy: NonNegative
    posterior: Literal["learned", "fixed"]
    precision: Literal["full", "diagonal"]

    def networks(self, observation: int, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(observation, draws)
        networks["posterior"] = Variance(len(draws), self.latent)
        networks["posterior"].requires_grad_(self.posterior == "learned")
        return networks

    def predictor(self, draws: Draws) -> GaussianPredictor:
        return GaussianPredictor(self.latent, self.precision == "full", draws)

    def dynamics(self, networks: nn.ModuleDict, z: Tensor) -> tuple[Tensor, Tensor]:
        """N(z'; P z, .): its mean `[members, batch, dim]`, and a lower triangular root of its
        precision `[members, dim, dim]`."""
        predictor = cast(GaussianPredictor, networks["predictor"])
        return predictor(z), predictor.root()

    def predict(self, networks: nn.ModuleDict, z: Tensor) -> tuple[Tensor, Tensor]:
        """p(z' | z), as `dynamics`; what else the method knows goes in here."""
        return self.dynamics(networks, z)

    def forecasts(self, networks: nn.ModuleDict, context: Tensor) -> Iterator[Tensor]:
        z = networks["online"](context)
        while True:
            z, _ = self.predict(networks, z)
            yield z


class Blocks(Section):
    """A method in params.yaml. family: the file of `objectives/` that its loss comes from; then the
    parameters of each recipe."""

    family: Family
    as_published: dict[str, Any]
    default: dict[str, Any]


def load(name: str, recipe: str, observation: int) -> Base:
    """The method `name` of a recipe, from its block of params.yaml, validated."""
    return parse(name, recipe, value(f"noisy_tv.methods.{name}"), observation)


def parse(name: str, recipe: str, content: Any, observation: int) -> Base:
    """The same from the content of the block."""
    key = f"noisy_tv.methods.{name}"
    kind = cast(type[Base], find(methods, name, key))
    blocks = validate(content, Blocks, key)
    check_family(kind, blocks.family, key)
    method = validate(getattr(blocks, recipe), kind, f"{key}.{recipe}")
    if method.latent > observation:
        raise InputError(
            f"{PARAMS}: {key}.{recipe}.latent: should be at most noisy_tv.system.observation, "
            f"{observation}, is {method.latent}"
        )
    return method
