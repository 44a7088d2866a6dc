"""Gated autoencoder: more components than are kept, and learned gates that choose among them.

After the predictive autoencoders with gates of arXiv 2603.14131: the next frame is decoded from
components with gates that are open by chance, and only those with the widest gates are kept. Once
trained, their gates are open and the others closed, as gates are in what they come from (Louizos et
al. 2018, arXiv 1712.01312): the decoder has learned what a component says where it takes part, so
that a gate of 0.97 would take 3 % off every prediction, and off one 20 steps ahead half of it.
"""

from typing import cast

import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import NonNegative
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import Linear
from jepatlas.noisy_tv.learning.method import Decoding, Selecting
from jepatlas.objectives.gating import gated_error


class Gates(nn.Module):
    """p_j, `[members, 1, components]`, starting at a half."""

    def __init__(self, members: int, components: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(members, 1, components))

    def forward(self) -> Tensor:
        return self.logits.sigmoid()


class Method(Decoding, Selecting):
    """Of `latent` and `spare` components, `latent` are read; budget: weight of keeping to that
    number."""

    budget: NonNegative

    def networks(self, inputs: int, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(inputs, draws)
        networks["gates"] = Gates(len(draws), self.size(inputs))
        return networks

    def decode(self, networks: nn.ModuleDict, z: Tensor) -> Tensor:
        kept = self.kept(networks, z)
        return networks["decoder"](z @ kept @ kept.mT)

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        context, future = self.split(pairs)
        z, decoder = networks["online"](context), cast(Linear, networks["decoder"])
        gates = networks["gates"]()
        return gated_error(future, z, decoder.weight, gates, self.latent, self.budget)

    def kept(self, networks: nn.ModuleDict, z: Tensor) -> Tensor:
        chosen = networks["gates"]()[:, 0].topk(self.latent, dim=-1).indices  # [members, latent]
        return nn.functional.one_hot(chosen, z.shape[-1]).mT.to(z.dtype)
