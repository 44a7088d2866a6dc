"""Masked JEPA: from a point with one coordinate masked, predict the full point's embedding."""

from typing import Literal

import torch
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Masked
from jepatlas.objectives.prediction import paired_distance, pairwise_distance


class Method(Masked):
    """The target is a slower copy of the encoder, as in I-JEPA (Assran et al. 2023).

    masks: `in_turn`, when the predictor is told which coordinate is masked, or `drawn`, one at each
    step for the whole batch, when it is not; pairs: a prediction is compared with its `own` point's
    embedding, or with those of `all` points of the batch.
    """

    masks: Literal["in_turn", "drawn"] = "in_turn"
    pairs: Literal["own", "all"] = "own"

    def told(self, dimension: int) -> int:
        return super().told(dimension) if self.masks == "in_turn" else 0

    def predict(self, networks: nn.ModuleDict, x: Tensor, visible: Tensor) -> Tensor:
        seen = self.embed(networks, x * visible)
        if self.masks == "in_turn":
            masked = (1 - visible).expand(*seen.shape[:2], -1)
            seen = torch.cat([seen, masked], dim=-1)
        return networks["predictor"](seen)

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        x, x_prime = self.views(batch, draws)
        _, n, d = batch.shape
        # In turn through the batch point i lacks coordinate i mod d: [n], else [members, 1].
        masked = torch.arange(n) % d if self.masks == "in_turn" else draws.integers(d, 1)
        prediction = self.predict(networks, x_prime, 1 - torch.eye(d, device=x.device)[masked])
        distance = paired_distance if self.pairs == "own" else pairwise_distance
        return distance(prediction, self.embed_reference(networks, x))
