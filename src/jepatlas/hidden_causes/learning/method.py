"""What a method of the hidden causes is: its parameters, its encoder and its loss.

A method is one module in `methods/` with a class `Method`: a block of params.yaml in its fields,
and on it `loss`. It sees pairs of observations, `[members, 2, batch, observed]`, and embeds each in
as many dimensions as there are latents.
"""

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar, Literal, cast

from pydantic import Field
from torch import Tensor, nn

from jepatlas.common.base.parameters import Count, Fraction, Positive, validate
from jepatlas.common.learning import methods as finding
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP, average_of
from jepatlas.common.learning.family import Family
from jepatlas.common.learning.training import Training
from jepatlas.hidden_causes import methods
from jepatlas.hidden_causes.learning.networks import matched, mlp, spare
from jepatlas.hidden_causes.truth.parameters import Spare
from jepatlas.hidden_causes.truth.worlds import Setting

Widths = Annotated[tuple[Count, ...], Field(min_length=1)]
Suite = Literal["mixings", "shapes", "anisotropic", "grid", "dimensions", "arm"]


class Base(Training, ABC):
    """The fields that every method has, and the loss that it must offer.

    family: the file of `objectives/` that the loss comes from; suites: the worlds that the method
    is trained in, blocks of `hidden_causes.worlds`; batch: pairs per step and member; widths: the
    hidden ones of the MLP; detail: see `networks.mlp`.
    """

    family: Family
    suites: Annotated[tuple[Suite, ...], Field(min_length=1)]
    steps: Count
    batch: Annotated[int, Field(ge=2)]
    widths: Widths
    detail: Positive

    # Whether the loss leaves open how large embeddings are; then they are measured as if scaled
    # to unit variance.
    scale_free: ClassVar[bool] = False

    def networks(self, setting: Setting, draws: Draws) -> nn.ModuleDict:
        """New networks; the part `online` is the encoder, a part `average` follows it."""
        return nn.ModuleDict({"online": self._encoder(setting, draws)})

    def _encoder(self, setting: Setting, draws: Draws) -> nn.Module:
        dim, kind = setting.dim, setting.encoder
        if isinstance(kind, Spare):
            return spare(dim, kind.layers, kind.units, self.detail, draws)
        if kind == "matched":
            return matched(dim, setting.distinct[0].layers, self.detail, draws)
        return mlp(setting.observed, self.widths, dim, self.detail, draws)

    @abstractmethod
    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        """The loss of each member, `[members]`, on pairs `[members, 2, batch, observed]`."""

    def embed(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        """h(x): `[members, batch, observed] -> [members, batch, dim]`."""
        return networks["online"](x)

    def embed_views(self, networks: nn.ModuleDict, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """(h(x), h(x')) in one pass of the encoder over both."""
        both = self.embed(networks, pairs.flatten(1, 2))
        h, h_prime = both.unflatten(1, (2, -1)).unbind(1)
        return h, h_prime


class TargetEncoder(Base):
    """A method that predicts what a slower copy of the encoder, the target, makes of x'.

    predictor: its hidden widths; averaging: decay of the target encoder.
    """

    predictor: Widths
    averaging: Fraction

    def networks(self, setting: Setting, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(setting, draws)
        networks["predictor"] = MLP([setting.dim, *self.predictor, setting.dim], draws)
        networks["average"] = average_of(networks["online"])
        return networks

    def predict(self, networks: nn.ModuleDict, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """The prediction from x and its target, `[members, batch, dim]` each."""
        x, x_prime = pairs.unbind(1)
        return networks["predictor"](self.embed(networks, x)), networks["average"](x_prime)


def load(name: str) -> Base:
    """The method `name` with its block of params.yaml, validated."""
    return cast(Base, finding.load(methods, name, f"hidden_causes.methods.{name}"))


def changed(method: Base, setting: Setting, name: str) -> Base:
    """`method`, called `name`, with the changes that a setting makes to its parameters."""
    key = f"hidden_causes.methods.{name} in the worlds {setting.name}"
    return validate({**method.model_dump(), **setting.changes}, type(method), key)
