"""Predictive VAE: the latent of a frame is decoded to the next frame instead of the same one."""

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.noisy_tv.learning.method import VariationalDecoding
from jepatlas.objectives.variational import negative_elbo


class Method(VariationalDecoding):
    """The objective of the VAE with the future as its target."""

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        context, future = self.split(pairs)
        return negative_elbo(future, *self.decoded(networks, context), self.beta)
