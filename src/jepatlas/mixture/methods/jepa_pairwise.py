"""Global pairwise JEPA: every point agrees with the perturbed copy of every other point."""

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import average_of
from jepatlas.mixture.learning.method import Embedding
from jepatlas.objectives.prediction import pairwise_distance


class Method(Embedding):
    """Each point is pulled to all others, so a constant map is the only optimum.

    averaging: decay of a target encoder, which no gradient reaches; without it, the encoder itself
    embeds both views.
    """

    def networks(self, points: Tensor, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(points, draws)
        if self.averaging is not None:
            networks["average"] = average_of(networks["online"])
        return networks

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        x, x_prime = self.views(batch, draws)
        if self.averaging is None:
            return pairwise_distance(*self.embed_views(networks, x, x_prime))
        return pairwise_distance(self.embed(networks, x), self.embed_reference(networks, x_prime))
