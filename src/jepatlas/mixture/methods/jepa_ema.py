"""JEPA with an EMA target (BYOL): predict what a slower copy of the encoder makes of x'."""

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import TargetEncoder
from jepatlas.objectives.prediction import paired_distance


class Method(TargetEncoder):
    """No term keeps points apart; the slow target, and a predictor, are what delays collapse."""

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        x, x_prime = self.views(batch, draws)
        prediction = self.embed(networks, x)
        if self.predictor is not None:
            prediction = networks["predictor"](prediction)
        return paired_distance(prediction, self.embed_reference(networks, x_prime))
