"""W-MSE: two views alike after whitening, which leaves nothing to collapse into."""

from typing import Self

from pydantic import model_validator
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Embedding
from jepatlas.objectives.whitening_mse import whitened_distance


class Method(Embedding):
    """The batch has to be larger than the last width, better twice as large."""

    @model_validator(mode="after")
    def _full_rank(self) -> Self:
        if self.batch <= self.widths[-1]:
            raise ValueError(
                f"batch should be more than the last of widths, {self.widths[-1]}, is {self.batch}"
            )
        return self

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        return whitened_distance(*self.embed_views(networks, *self.views(batch, draws)))
