"""LeJEPA: agreement of the two embeddings, and SIGReg instead of an EMA target."""

from torch import Tensor, nn

from jepatlas.common.parameters import Count, Fraction
from jepatlas.common.random import Noise
from jepatlas.mog.method import Embedding
from jepatlas.objectives.sigreg import lejepa


class Method(Embedding):
    """trade_off: the weight of SIGReg; slices: random directions drawn at each step."""

    trade_off: Fraction
    slices: Count

    def loss(self, networks: nn.ModuleDict, batch: Tensor, noise: Noise) -> Tensor:
        z, z_prime = self.embed_views(networks, *self.views(batch, noise))
        directions = noise.normal(self.widths[-1], self.slices)
        return lejepa(z, z_prime, directions, self.trade_off)
