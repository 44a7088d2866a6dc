"""SimSiam (Chen & He 2021, arXiv 2011.10566): predict the other view, whose gradient is stopped."""

from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP
from jepatlas.mixture.learning.method import Embedding, Widths
from jepatlas.objectives.prediction import paired_distance


class Method(Embedding):
    """predictor: its hidden widths. It and the stopped gradient are what delays collapse."""

    predictor: Widths

    def networks(self, points: Tensor, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(points, draws)
        networks["predictor"] = MLP([self.widths[-1], *self.predictor, self.widths[-1]], draws)
        return networks

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        z, z_prime = self.embed_views(networks, *self.views(batch, draws))
        predict = networks["predictor"]
        forth = paired_distance(predict(z), z_prime.detach())
        return (forth + paired_distance(predict(z_prime), z.detach())) / 2
