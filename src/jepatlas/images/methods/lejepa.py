"""LeJEPA: two views alike, and SIGReg in place of the EMA target."""

import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import Count, Fraction
from jepatlas.images.learning.method import Pairs, TwoViews
from jepatlas.objectives.sigreg import lejepa


class Method(TwoViews):
    """trade_off: the weight of SIGReg; slices: random directions drawn at each step."""

    trade_off: Fraction
    slices: Count

    def loss(self, networks: nn.ModuleDict, pairs: Pairs) -> Tensor:
        z, z_prime = self.views(networks, pairs)
        directions = torch.randn(1, z.shape[-1], self.slices, generator=pairs.generator)
        return lejepa(z, z_prime, directions.to(z.device), self.trade_off).sum()
