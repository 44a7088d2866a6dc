"""JEPA with SIGReg: the same encoder makes the target, and embeddings are held Gaussian."""

import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import Count, Fraction
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import Separate
from jepatlas.images.learning.method import Base, Pairs, Shape
from jepatlas.images.learning.networks import mlp
from jepatlas.objectives.sigreg import predictive


class Method(Base):
    """predictor: its hidden widths; trade_off: the weight of SIGReg; slices: random directions
    drawn at each step."""

    predictor: tuple[Count, ...]
    trade_off: Fraction
    slices: Count

    def networks(self, shape: Shape, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(shape, draws)
        networks["predictor"] = Separate(lambda: mlp([self.dim, *self.predictor, self.dim]), draws)
        return networks

    def loss(self, networks: nn.ModuleDict, batch: Pairs, draws: Draws) -> Tensor:
        perturbed = self.perturb(batch.images, batch.strength, draws)
        both = self.embed(networks, torch.cat([perturbed, batch.partners], dim=1))
        z, target = both.chunk(2, dim=1)
        prediction = networks["predictor"](z)
        directions = draws.normal(self.dim, self.slices)
        return predictive(prediction.float(), z.float(), target.float(), directions, self.trade_off)

    def predict(self, networks: nn.ModuleDict, images: Tensor) -> Tensor:
        return networks["predictor"](self.embed(networks, images))
