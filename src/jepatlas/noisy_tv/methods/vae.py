"""VAE: encode a frame, decode the same frame; what is read from its latent is the present s."""

from collections.abc import Iterator
from typing import ClassVar

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.noisy_tv.learning.method import VariationalDecoding
from jepatlas.objectives.variational import negative_elbo


class Method(VariationalDecoding):
    """It learns no dynamics: its latent is read for s[t], and there is nothing to iterate."""

    lead: ClassVar[int] = 0

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        present, _ = self.split(pairs)
        return negative_elbo(present, *self.decoded(networks, present), self.beta)

    def forecasts(self, networks: nn.ModuleDict, context: Tensor) -> Iterator[Tensor]:
        yield networks["online"](context)
