"""JEPA: from the perturbed image, predict what a slower encoder makes of the clean one."""

import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import Count, Fraction
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import Separate, average_of
from jepatlas.images.learning.method import Base, Pairs, Shape
from jepatlas.images.learning.networks import mlp
from jepatlas.objectives.prediction import paired_distance


class Method(Base):
    """predictor: its hidden widths; averaging: decay of the target encoder at the start."""

    predictor: tuple[Count, ...]
    averaging: Fraction

    def networks(self, shape: Shape, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(shape, draws)
        networks["predictor"] = Separate(lambda: mlp([self.dim, *self.predictor, self.dim]), draws)
        networks["average"] = average_of(networks["online"])
        return networks

    def loss(self, networks: nn.ModuleDict, batch: Pairs, draws: Draws) -> Tensor:
        prediction = self.predict(networks, self.perturb(batch.images, batch.strength, draws))
        with torch.no_grad():
            target = networks["average"](batch.partners)
        # 1 - cosine, the document's, is half the squared distance of unit vectors.
        return paired_distance(prediction.float(), target.float()) / 2

    def predict(self, networks: nn.ModuleDict, images: Tensor) -> Tensor:
        return networks["predictor"](self.embed(networks, images))
