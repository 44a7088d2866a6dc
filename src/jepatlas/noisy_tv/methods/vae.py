"""VAE: encode a frame, decode the same frame; what is read from its latent is the present s."""

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.noisy_tv.learning.method import VariationalDecoding
from jepatlas.objectives.variational import luck_of_decoding, negative_elbo


class Method(VariationalDecoding):
    """It learns no dynamics: its latent is read for s[t], and there is nothing to iterate."""

    lead: ClassVar[int] = 0

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        present, _ = self.split(pairs)
        told = present, *self.decoded(networks, present)
        luck = partial(luck_of_decoding, *told)
        return self.with_luck(negative_elbo(*told, self.beta), luck, told[3], draws)

    def forecasts(self, networks: nn.ModuleDict, context: Tensor) -> Iterator[Tensor]:
        yield networks["online"](context)
