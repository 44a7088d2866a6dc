"""Global pairwise JEPA: every point agrees with the perturbed copy of every other point."""

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Embedding
from jepatlas.objectives.prediction import pairwise_distance


class Method(Embedding):
    """Each point is pulled to all others, so a constant map is the only optimum."""

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        return pairwise_distance(*self.embed_views(networks, *self.views(batch, draws)))
