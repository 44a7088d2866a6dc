"""Contrastive joint embedding: InfoNCE on the cosine of the embeddings."""

from typing import ClassVar

from torch import Tensor, nn

from jepatlas.common.base.parameters import Positive
from jepatlas.common.learning.draws import Draws
from jepatlas.hidden_causes.learning.method import Base
from jepatlas.objectives.contrastive import info_nce


class Method(Base):
    """temperature: of the softmax over the batch."""

    temperature: Positive
    scale_free: ClassVar[bool] = True

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        return info_nce(*self.embed_views(networks, pairs), self.temperature)
