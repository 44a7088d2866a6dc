"""JEPA: predict the embedding of the next frame; VICReg keeps embeddings from collapsing."""

from typing import Literal

from torch import Tensor, nn

from jepatlas.common.base.parameters import NonNegative
from jepatlas.common.learning.draws import Draws
from jepatlas.noisy_tv.learning.method import Predicting
from jepatlas.objectives.decorrelation import collapse_penalty


class Method(Predicting):
    """The weights of VICReg's terms, and what its penalties are put on beside the target.

    `prediction`, as published, holds the predicted latents to unit variance and no correlation, so
    that the predictor must be close to orthogonal: a rotation cannot turn into a reflection on the
    way, and half of the runs are caught where they started. `embedding` leaves the predictor free.
    """

    invariance: NonNegative
    variance: NonNegative
    covariance: NonNegative
    spread: Literal["prediction", "embedding"]

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        z, target = self.embed(networks, pairs)
        prediction = networks["predictor"](z)
        loss = self.invariance * (target - prediction).square().mean((1, 2))
        for view in (target, prediction if self.spread == "prediction" else z):
            loss = loss + collapse_penalty(view, self.variance, self.covariance)
        return loss
