"""Masked JEPA: from a point with one coordinate masked, predict the full point's embedding."""

import torch
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Masked
from jepatlas.objectives.prediction import paired_distance


class Method(Masked):
    """The target is a slower copy of the encoder, as in I-JEPA (Assran et al. 2023)."""

    def predict(self, networks: nn.ModuleDict, x: Tensor, visible: Tensor) -> Tensor:
        seen = self.embed(networks, x * visible)
        masked = (1 - visible).expand(*seen.shape[:2], -1)
        return networks["predictor"](torch.cat([seen, masked], dim=-1))

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        x, x_prime = self.views(batch, draws)
        _, n, d = batch.shape
        # The masks alternate through the batch: point i lacks coordinate i mod d.
        visible = 1 - torch.eye(d, device=batch.device)[torch.arange(n) % d]
        prediction = self.predict(networks, x_prime, visible)
        return paired_distance(prediction, self.embed_reference(networks, x))
