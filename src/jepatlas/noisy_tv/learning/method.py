"""What a method of the noisy-TV track is: its parameters, its networks, its loss, its forecasts.

A method is one module in `methods/` with a class `Method`. It has a block per recipe in
params.yaml. What it learns from are pairs of windows, the context and the future that follows it:
`[members, points, 2 * frames * observation]`, in each the oldest frame first.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Annotated, Any, ClassVar, Literal, Self, cast

import torch
from pydantic import Field, field_validator, model_validator
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
from jepatlas.noisy_tv.learning.networks import (
    Heteroscedastic,
    Homoscedastic,
    Predictor,
    Variance,
    encoder,
)
from jepatlas.noisy_tv.learning.persistence import persistent_subspace
from jepatlas.noisy_tv.truth.system import System


class Base(Training, ABC):
    """The fields that every method has, and the functions that it must offer.

    frames: of a window, `aic` for as many as a vector autoregression of the training part takes by
    Akaike's criterion; inputs: how windows are scaled; latent: dimensions of z; depth, width:
    hidden layers of the encoder, and their size; batch: pairs per step, drawn with replacement,
    none for all at once (which takes a linear encoder).
    """

    steps: Count
    batch: Count | None = None
    frames: Count | Literal["aic"]
    inputs: Scaling
    latent: Count
    depth: Annotated[int, Field(ge=0)] = 0
    width: Count = 64

    lead: ClassVar[int] = 1  # steps from the context to the state that its latent is read for

    @field_validator("frames", mode="before")
    @classmethod
    def _frames_are_counted_or_chosen(cls, value: Any) -> Any:
        if value != "aic" and (not isinstance(value, int) or value < 1):
            raise ValueError("should be 'aic' or a number of at least 1")
        return value

    @model_validator(mode="after")
    def _batch_suits_depth(self) -> Self:
        if self.depth and self.batch is None:
            raise ValueError("batch should be given, as an encoder of depth 1 or more needs one")
        return self

    @property
    def length(self) -> int:
        """The frames of a window, once they are known."""
        assert self.frames != "aic", "with_frames comes first"
        return self.frames

    def networks(self, inputs: int, draws: Draws) -> nn.ModuleDict:
        """New networks for windows of `inputs` numbers; the part `online` is the encoder."""
        online = encoder(inputs, self.depth, self.width, self.size(inputs), draws)
        return nn.ModuleDict({"online": online})

    def size(self, inputs: int) -> int:
        """The dimensions that z has in training."""
        return self.latent

    def split(self, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """(context, future), `[members, points, frames * observation]` each."""
        context, future = pairs.chunk(2, dim=-1)
        return context, future

    @abstractmethod
    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        """The loss of each member, `[members]`, on its own pairs of windows."""

    @abstractmethod
    def forecasts(self, networks: nn.ModuleDict, context: Tensor) -> Iterator[Tensor]:
        """Latents `[members, batch, dim]` from which s is read in the window that follows the
        context, in the one after it, ...; it ends where the method has nothing to iterate. Where
        `lead` is 0, s is read in the context itself."""


class Selecting(Base):
    """A method that is trained with more latents than are read.

    spare: dimensions that z has in training beyond `latent`, as far as the window has numbers.
    """

    spare: Annotated[int, Field(ge=0)]

    def size(self, inputs: int) -> int:
        return min(self.latent + self.spare, inputs)

    @abstractmethod
    def kept(self, networks: nn.ModuleDict, z: Tensor) -> Tensor:
        """K, `[members, size, latent]`: what is read of a latent z is z K. z: the latents of all
        windows of the training part, in their order, `[members, n, size]`."""


class Decoding(Base):
    """A method with a decoder that makes an observation of a latent."""

    def networks(self, inputs: int, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(inputs, draws)
        networks["decoder"] = Linear(self.size(inputs), inputs, draws, bias=False)
        return networks

    def decode(self, networks: nn.ModuleDict, z: Tensor) -> Tensor:
        return networks["decoder"](z)

    def forecasts(self, networks: nn.ModuleDict, context: Tensor) -> Iterator[Tensor]:
        """The decoded next window becomes the context."""
        while True:
            z = networks["online"](context)
            yield z
            context = self.decode(networks, z)


class Sampling(Base):
    """A method that may draw latents where others take expectations.

    samples: draws of a step, shared evenly by its points; none for the expectation. The public code
    has one for each pair of frames. The few points that stand for all pairs have one each, and its
    luck counts as much less as that of a mean of more: mean and covariance of the gradient are
    those of so many draws.
    """

    samples: Count | None = None

    def with_luck(
        self, expected: Tensor, luck: Callable[[Tensor], Tensor], like: Tensor, draws: Draws
    ) -> Tensor:
        """A loss `[members]` and what draws add to it; luck: that, of standard normal ones that are
        shaped as `like`."""
        if self.samples is None:
            return expected
        points, dim = like.shape[1:]
        return expected + math.sqrt(points / self.samples) * luck(draws.normal(points, dim))


class VariationalDecoding(Decoding, Sampling):
    """A decoding method with a posterior q(z | x), whose variance is learned.

    beta: weight of its divergence from N(0, I); posterior: its log variance is `constant` or, as
    published, `linear` in x without bias.
    """

    beta: NonNegative
    posterior: Literal["constant", "linear"]

    @model_validator(mode="after")
    def _is_linear_where_moments_are_enough(self) -> Self:
        if self.posterior == "linear" and self.depth:
            raise ValueError("depth should be 0, as a variance of each window is taken by moments")
        return self

    def networks(self, inputs: int, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(inputs, draws)
        size = self.size(inputs)
        if self.posterior == "linear":
            networks["posterior"] = Linear(inputs, size, draws, bias=False)
        else:
            networks["posterior"] = Variance(len(draws), size)
        return networks

    def decoded(
        self, networks: nn.ModuleDict, context: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(decoded mean, decoder, mean and log variance of q), in the order of `negative_elbo`."""
        z, decoder = networks["online"](context), cast(Linear, networks["decoder"])
        seen = [context] if self.posterior == "linear" else []
        return decoder(z), decoder.weight, z, networks["posterior"](*seen)


class Predicting(Selecting):
    """A joint-embedding method: a predictor from the latent of a window to that of the next.

    The target is the encoder itself or, with `averaging`, a moving average of it.

    Where latents are spare, the most persistent part of z is read, `persistent_subspace`. With as
    many dimensions as the signal has, training is caught where z lacks a plane that turns: one
    direction of it alone is less predictable than a distractor, only both together are more, and
    no small step takes up both. Latents that hold whatever is predictable leave nothing to be
    caught in, and how long a part of them lasts tells signal from distractor.
    """

    def networks(self, inputs: int, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(inputs, draws)
        networks["predictor"] = self.predictor(self.size(inputs), draws)
        if self.averaging is not None:
            networks["average"] = average_of(networks["online"])
        return networks

    def size(self, inputs: int) -> int:
        """Of a window of several frames, what foretells and what is foretold are two parts, and one
        encoder has to hold both: there are twice as many dimensions to spare."""
        return min(self.latent + self.spare * min(self.length, 2), inputs)

    def predictor(self, size: int, draws: Draws) -> nn.Module:
        return Linear(size, size, draws, bias=False)

    def kept(self, networks: nn.ModuleDict, z: Tensor) -> Tensor:
        return persistent_subspace(z, self.length, self.latent)

    def embed(self, networks: nn.ModuleDict, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """Latents of the context and, by the target encoder, of the future."""
        context, future = self.split(pairs)
        target = networks["online" if self.averaging is None else "average"]
        return networks["online"](context), target(future)

    def forecasts(self, networks: nn.ModuleDict, context: Tensor) -> Iterator[Tensor]:
        z = networks["online"](context)
        while True:
            z = self.step(networks, z)
            yield z

    def step(self, networks: nn.ModuleDict, z: Tensor) -> Tensor:
        """The latent that is expected after z."""
        return networks["predictor"](z)


class Variational(Predicting, Sampling):
    """A predicting method that forecasts a distribution of the next latent.

    beta: weight of the posterior's divergence from N(0, I); entropy: weight of the aggregate
    posterior's entropy; posterior: its variance is learned or, as published, 1.
    """

    prior_expert: ClassVar[bool] = False  # whether the dynamics are multiplied with a prior

    beta: NonNegative
    entropy: NonNegative
    posterior: Literal["learned", "fixed"]

    @property
    @abstractmethod
    def heteroscedastic(self) -> bool:
        """Whether the predictor's variance depends on the latent."""

    @model_validator(mode="after")
    def _is_linear_where_moments_are_enough(self) -> Self:
        if self.heteroscedastic and self.depth:
            raise ValueError("depth should be 0, as a variance of each latent is taken by moments")
        if self.samples is not None and not self.heteroscedastic:
            raise ValueError("samples are drawn where the predictor's variance is of each latent")
        return self

    def networks(self, inputs: int, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(inputs, draws)
        networks["posterior"] = Variance(len(draws), self.size(inputs))
        networks["posterior"].requires_grad_(self.posterior == "learned")
        return networks

    def predictor(self, size: int, draws: Draws) -> Predictor:
        kind = Heteroscedastic if self.heteroscedastic else Homoscedastic
        return kind(size, draws)

    def dynamics(self, networks: nn.ModuleDict, z: Tensor) -> tuple[Tensor, Tensor]:
        """N(z'; P z, .): its mean `[members, batch, dim]`, and a lower triangular root of its
        precision `[members, dim, dim]`."""
        predictor = cast(Predictor, networks["predictor"])
        return predictor(z), predictor.root(z)

    def prediction_of_each(self, networks: nn.ModuleDict, z: Tensor) -> tuple[Tensor, Tensor]:
        """Means and log variances of the dynamics for each z, where they are heteroscedastic."""
        predictor = cast(Heteroscedastic, networks["predictor"])
        return predictor(z), predictor.log_variance(z)

    def drawn_variance(self, networks: nn.ModuleDict) -> Tensor:
        """What of the predictor's variance is that of draws from q, `[members, 1, dim]`. A model
        whose posterior is fixed believes its predictor, as published."""
        variance: Tensor = networks["posterior"]().exp()
        return variance if self.posterior == "learned" else torch.zeros_like(variance)

    def predict(self, networks: nn.ModuleDict, z: Tensor) -> tuple[Tensor, Tensor]:
        """p(z' | z), as `dynamics`; what else the method knows goes in here."""
        return self.dynamics(networks, z)

    def step(self, networks: nn.ModuleDict, z: Tensor) -> Tensor:
        return self.predict(networks, z)[0]


class Blocks(Section):
    """A method in params.yaml. family: the file of `objectives/` that its loss comes from; then the
    parameters of each recipe, with `latent: signal` for as many as the signal has components."""

    family: Family
    as_published: dict[str, Any]
    default: dict[str, Any]


def load(name: str, recipe: str, system: System) -> Base:
    """The method `name` of a recipe, from its block of params.yaml, validated."""
    return parse(name, recipe, value(f"noisy_tv.methods.{name}"), system)


def parse(name: str, recipe: str, content: Any, system: System) -> Base:
    """The same from the content of the block."""
    key = f"noisy_tv.methods.{name}"
    kind = cast(type[Base], find(methods, name, key))
    blocks = validate(content, Blocks, key)
    check_family(kind, blocks.family, key)
    block = getattr(blocks, recipe)
    if block.get("latent") == "signal":
        block = {**block, "latent": system.signal}
    method = validate(block, kind, f"{key}.{recipe}")
    if method.latent > system.observation:
        raise InputError(
            f"{PARAMS}: {key}.{recipe}.latent: should be at most noisy_tv.system.observation, "
            f"{system.observation}, is {method.latent}"
        )
    return method
