"""Basic JEPA: the embeddings of a point and of its perturbed copy agree, and nothing else."""

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Embedding
from jepatlas.objectives.prediction import paired_distance


class Method(Embedding):
    """The loss has every constant map as an optimum; how fast it gets there is the finding."""

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        return paired_distance(*self.embed_views(networks, *self.views(batch, draws)))
