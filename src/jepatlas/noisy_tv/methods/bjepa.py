"""BJEPA: the next latent is believed by a dynamics expert and by a prior expert, multiplied.

The product p(z' | z) ~ N(z'; P z, .) N(z'; m, .) of a learned dynamics expert and a learned
static one (product of experts: Hinton 2002, Neural Computation 14) is trained by the objective of
VJEPA, plus the divergence of the static expert from a wide prior,

    prior_weight KL(N(m, .) || N(0, prior_std^2 I)).

The static expert then ends uninformative, so the dynamics expert is an honest predictive
distribution by itself, and the static one can be exchanged for what is known about a task.

As published (arXiv 2601.14354), the product is taken after training: the dynamics are trained as in
VJEPA, and of the static expert there is only its divergence from N(0, I), which it starts as. So it
is VJEPA with other random numbers.
"""

from functools import partial
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import NonNegative, Positive
from jepatlas.common.learning.draws import Draws
from jepatlas.noisy_tv.learning.method import Variational
from jepatlas.noisy_tv.learning.networks import Gaussian
from jepatlas.objectives.variational import (
    cross_entropy,
    heteroscedastic_cross_entropy,
    kl_to_isotropic,
    luck_of_targets,
    predictive_bottleneck,
    product_of_diagonal_experts,
    product_of_experts,
)


class Method(Variational):
    """trained: the `product` of the experts, or the `experts` one by one, the dynamics then with
    the variance of VJEPA as published; prior_std: how wide the static expert starts, and what it is
    held to."""

    prior_expert: ClassVar[bool] = True

    trained: Literal["product", "experts"]
    prior_weight: NonNegative
    prior_std: Positive

    @property
    def heteroscedastic(self) -> bool:
        return self.trained == "experts"

    def networks(self, inputs: int, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(inputs, draws)
        networks["prior"] = Gaussian(len(draws), self.size(inputs), self.prior_std)
        return networks

    def predict(self, networks: nn.ModuleDict, z: Tensor) -> tuple[Tensor, Tensor]:
        if self.heteroscedastic:
            each = self.prediction_of_each(networks, z)
            mean, variance = product_of_diagonal_experts(*each, *networks["prior"]())
            return mean, torch.diag_embed(variance.mean(1).rsqrt())
        return product_of_experts(*self.dynamics(networks, z), *networks["prior"]())

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        posterior, (mean, log_variance) = networks["posterior"](), networks["prior"]()
        z, target = self.embed(networks, pairs)
        if self.heteroscedastic:
            told = target, posterior.exp(), *self.prediction_of_each(networks, z)
            code = heteroscedastic_cross_entropy(*told)
            code = self.with_luck(code, partial(luck_of_targets, *told), target, draws)
        else:
            code = cross_entropy(target, posterior.exp(), *self.predict(networks, z))
        loss = predictive_bottleneck(code, target, posterior, self.entropy, self.beta)
        return loss + self.prior_weight * kl_to_isotropic(mean, log_variance, self.prior_std)
