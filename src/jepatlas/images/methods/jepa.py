"""JEPA: from the perturbed image, predict what a slower encoder makes of the clean one."""

import copy

import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import Count, Fraction
from jepatlas.images.learning.method import Base, Pairs
from jepatlas.images.learning.networks import mlp
from jepatlas.objectives.prediction import paired_distance


class Method(Base):
    """predictor: its hidden widths; averaging: decay of the target encoder at the start."""

    predictor: tuple[Count, ...]
    averaging: Fraction

    def networks(self) -> nn.ModuleDict:
        networks = super().networks()
        networks["predictor"] = mlp([self.dim, *self.predictor, self.dim])
        networks["average"] = copy.deepcopy(networks["online"]).requires_grad_(False)
        return networks

    def loss(self, networks: nn.ModuleDict, pairs: Pairs) -> Tensor:
        prediction = self.predict(networks, self.perturb(pairs.images, pairs))
        with torch.no_grad():
            target = networks["average"](pairs.partners)
        # 1 - cosine, the document's, is half the squared distance of unit vectors.
        return paired_distance(prediction.float()[None], target.float()[None]).sum() / 2

    def predict(self, networks: nn.ModuleDict, images: Tensor) -> Tensor:
        return networks["predictor"](self.embed(networks, images))
