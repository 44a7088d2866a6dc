"""Var-JEPA: encoders as posteriors, the predictor as a conditional prior, one evidence bound."""

import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import Positive
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP
from jepatlas.mixture.learning.method import Embedding, Widths
from jepatlas.mixture.learning.networks import Standardize, encoder
from jepatlas.objectives.coupled_vae import negative_elbo


class Method(Embedding):
    """The embedding is the posterior's mean.

    predictor, decoder: their hidden widths; std: of the decoded points, whose coordinates have
    been scaled to variance 1.
    """

    predictor: Widths
    decoder: Widths
    std: Positive

    def networks(self, points: Tensor, draws: Draws) -> nn.ModuleDict:
        *hidden, dim = self.widths
        return nn.ModuleDict(
            {
                "scaled": Standardize(points),
                "online": encoder(points, [*hidden, 2 * dim], draws, self.inputs),
                "predictor": MLP([dim, *self.predictor, 2 * dim], draws),
                "decoder": MLP([dim, *self.decoder, points.shape[-1]], draws),
            }
        )

    def embed(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        return networks["online"](x)[..., : self.widths[-1]]

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        both = torch.cat(self.views(batch, draws), dim=1)
        mean, log_variance = networks["online"](both).chunk(2, dim=-1)
        z = mean + (log_variance / 2).exp() * draws.normal(*mean.shape[1:])
        scaled = networks["scaled"](both)
        (x, x_prime), (decoded, decoded_prime) = halves(scaled), halves(networks["decoder"](z))
        posterior, posterior_prime = zip(halves(mean), halves(log_variance), strict=True)
        predicted = networks["predictor"](halves(z)[0]).chunk(2, dim=-1)
        return negative_elbo(
            x, decoded, posterior, x_prime, decoded_prime, posterior_prime, predicted, self.std
        )


def halves(both: Tensor) -> tuple[Tensor, Tensor]:
    """What belongs to the first view and to the second, `[members, batch, ...]` each."""
    first, second = both.chunk(2, dim=1)
    return first, second
