"""VJEPA: a distribution of the next latent, learned as a past-future information bottleneck.

With the posterior q(z | x) and the predictor p(z' | z), z being the posterior's mean, it minimises

    -E_q(z' | x') log p(z' | z) - entropy H[aggregate q(z')] + beta KL(q(z' | x') || N(0, I)).

The first two terms are minus a lower bound of the predictive information I(z'; z), which collapse
would bring to 0; the third is an upper bound of I(z'; x'), what z' keeps of the frame. For Gaussian
data and a linear encoder the optimum is past-future CCA (Creutzig et al. 2009, Phys. Rev. E 79).

As published (arXiv 2601.14354), the target encoder is a moving average whose posterior has variance
1, the predictor's log variance is linear in z without bias, and there is no entropy: then the KL
term is constant, and only the slowness of the target delays collapse, during which the predictor's
variance stays at the posterior's 1 while the latents shrink.
"""

from functools import partial
from typing import Literal

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.noisy_tv.learning.method import Variational
from jepatlas.objectives.variational import (
    cross_entropy,
    heteroscedastic_cross_entropy,
    luck_of_targets,
    predictive_bottleneck,
)


class Method(Variational):
    """precision: of the predictor, a `full` matrix or, as published, `diagonal` and different for
    each z."""

    precision: Literal["full", "diagonal"]

    @property
    def heteroscedastic(self) -> bool:
        return self.precision == "diagonal"

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        posterior = networks["posterior"]()
        z, target = self.embed(networks, pairs)
        if self.heteroscedastic:
            told = target, posterior.exp(), *self.prediction_of_each(networks, z)
            code = heteroscedastic_cross_entropy(*told)
            code = self.with_luck(code, partial(luck_of_targets, *told), target, draws)
        else:
            code = cross_entropy(target, posterior.exp(), *self.predict(networks, z))
        return predictive_bottleneck(code, target, posterior, self.entropy, self.beta)
