"""Predictive VAE: the latent of a frame tells the next frame.

By the default recipe it is decoded to the next frame instead of the same one. As published, one
decoder makes the frame of a draw of its latent, and the next frame of a linear prediction from the
latent's mean; both errors count.
"""

from collections.abc import Iterator
from functools import partial
from typing import Literal

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import Linear
from jepatlas.noisy_tv.learning.method import VariationalDecoding
from jepatlas.objectives.variational import luck_of_decoding, negative_elbo


class Method(VariationalDecoding):
    """future: is `decoded` from the latent itself, or from a latent that is `predicted` from it."""

    future: Literal["decoded", "predicted"]

    def networks(self, inputs: int, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(inputs, draws)
        if self.future == "predicted":
            size = self.size(inputs)
            networks["predictor"] = Linear(size, size, draws, bias=False)
        return networks

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        context, future = self.split(pairs)
        target = future if self.future == "decoded" else context
        told = target, *self.decoded(networks, context)
        z = told[3]
        loss = self.with_luck(
            negative_elbo(*told, self.beta), partial(luck_of_decoding, *told), z, draws
        )
        if self.future == "predicted":
            predicted = networks["decoder"](networks["predictor"](z))
            loss = loss + (future - predicted).square().sum(-1).mean(-1)
        return loss

    def forecasts(self, networks: nn.ModuleDict, context: Tensor) -> Iterator[Tensor]:
        if self.future == "decoded":
            yield from super().forecasts(networks, context)
        z = networks["online"](context)
        while True:
            z = networks["predictor"](z)
            yield z
