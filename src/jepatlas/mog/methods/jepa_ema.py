"""JEPA with an EMA target (BYOL): predict what a slower copy of the encoder makes of x'."""

from torch import Tensor, nn

from jepatlas.common.random import Noise
from jepatlas.mog.method import TargetEncoder
from jepatlas.objectives.prediction import paired_distance


class Method(TargetEncoder):
    """No term keeps points apart; the predictor and the slow target are what delays collapse."""

    def loss(self, networks: nn.ModuleDict, batch: Tensor, noise: Noise) -> Tensor:
        x, x_prime = self.views(batch, noise)
        prediction = networks["predictor"](self.embed(networks, x))
        return paired_distance(prediction, self.embed_reference(networks, x_prime))
