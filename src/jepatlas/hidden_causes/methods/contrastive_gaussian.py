"""InfoNCE with the Gaussian kernel exp(-|u - v|^2 / 2)."""

from typing import ClassVar

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.hidden_causes.learning.method import Base
from jepatlas.objectives.contrastive import gaussian_info_nce


class Method(Base):
    """The kernel has a width, so embeddings take the scale at which it fits the pairs."""

    scale_free: ClassVar[bool] = True

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        return gaussian_info_nce(*self.embed_views(networks, pairs))
