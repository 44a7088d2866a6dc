"""LeJEPA: two views alike, and SIGReg in place of the EMA target."""

import torch
from torch import Generator, Tensor, nn

from jepatlas.common.parameters import Count, Fraction
from jepatlas.images.method import TwoViews
from jepatlas.objectives.sigreg import lejepa


class Method(TwoViews):
    """trade_off: the weight of SIGReg; slices: random directions drawn at each step."""

    trade_off: Fraction
    slices: Count

    def loss(
        self,
        networks: nn.ModuleDict,
        images: Tensor,
        partners: Tensor,
        strength: float,
        generator: Generator,
    ) -> Tensor:
        z, z_prime = self.views(networks, images, partners, strength, generator)
        directions = torch.randn(1, z.shape[-1], self.slices, generator=generator)
        return lejepa(z, z_prime, directions.to(z.device), self.trade_off).sum()
