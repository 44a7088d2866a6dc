"""VJEPA: a distribution of the next latent, learned as a past-future information bottleneck.

With the posterior q(z | x) and the predictor p(z' | z), z being the posterior's mean, it minimises

    -E_q(z' | x') log p(z' | z) - entropy H[aggregate q(z')] + beta KL(q(z' | x') || N(0, I)).

The first two terms are minus a lower bound of the predictive information I(z'; z), which collapse
would bring to 0; the third is an upper bound of I(z'; x'), what z' keeps of the frame. For Gaussian
data and a linear encoder the optimum is past-future CCA (Creutzig et al. 2009, Phys. Rev. E 79).

As published (arXiv 2601.14354), the target encoder is a moving average with variance 1, the first
term is taken at its mean, and there is no entropy: then the KL term is constant, and only the
slowness of the target delays collapse.
"""

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.noisy_tv.learning.method import Variational
from jepatlas.objectives.variational import predictive_bottleneck


class Method(Variational):
    """Its prediction is that of the dynamics."""

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        z, target = self.embed(networks, pairs)
        return predictive_bottleneck(
            target,
            networks["posterior"](),
            *self.predict(networks, z),
            entropy=self.entropy,
            beta=self.beta,
            at_mean=self.posterior == "fixed",
        )
