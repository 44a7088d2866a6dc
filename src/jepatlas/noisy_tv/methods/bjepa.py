"""BJEPA: the next latent is believed by a dynamics expert and by a prior expert, multiplied.

The product p(z' | z) ~ N(z'; P z, .) N(z'; m, .) of a learned dynamics expert and a learned
static one (product of experts: Hinton 2002, Neural Computation 14) is trained by the objective of
VJEPA, plus the divergence of the static expert from a wide prior,

    prior_weight KL(N(m, .) || N(0, prior_std^2 I)).

The static expert then ends uninformative, so the dynamics expert is an honest predictive
distribution by itself, and the static one can be exchanged for what is known about a task.

As published (arXiv 2601.14354), each expert is trained by itself and the product is taken
afterwards: the dynamics as in VJEPA, the static expert by prior_weight KL(q(z' | x') || N(m, .)).
"""

from typing import ClassVar, Literal

from torch import Tensor, nn

from jepatlas.common.base.parameters import NonNegative, Positive
from jepatlas.common.learning.draws import Draws
from jepatlas.noisy_tv.learning.method import Variational
from jepatlas.noisy_tv.learning.networks import Gaussian
from jepatlas.objectives.variational import (
    kl_divergence,
    kl_to_isotropic,
    predictive_bottleneck,
    product_of_experts,
)


class Method(Variational):
    """trained: the `product` of the experts, or the `experts` one by one; prior_std: how wide the
    static expert starts and, where the product is trained, what it is held to."""

    prior_expert: ClassVar[bool] = True

    trained: Literal["product", "experts"]
    prior_weight: NonNegative
    prior_std: Positive

    def networks(self, inputs: int, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(inputs, draws)
        networks["prior"] = Gaussian(len(draws), self.size(inputs), self.prior_std)
        return networks

    def predict(self, networks: nn.ModuleDict, z: Tensor) -> tuple[Tensor, Tensor]:
        return product_of_experts(*self.dynamics(networks, z), *networks["prior"]())

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        posterior, (mean, log_variance) = networks["posterior"](), networks["prior"]()
        z, target = self.embed(networks, pairs)
        if self.trained == "product":
            prediction = self.predict(networks, z)
            divergence = kl_to_isotropic(mean, log_variance, self.prior_std)
        else:
            prediction = self.dynamics(networks, z)
            divergence = kl_divergence(target, posterior, mean, log_variance)
        loss = predictive_bottleneck(
            target,
            posterior,
            *prediction,
            entropy=self.entropy,
            beta=self.beta,
            at_mean=self.posterior == "fixed",
        )
        return loss + self.prior_weight * divergence
