"""Gated autoencoder: more components than are kept, and learned gates that choose among them.

After the predictive autoencoders with gates of arXiv 2603.14131: the next frame is decoded from all
components, each weighted by its gate, and only the `kept` ones with the widest gates are read.
"""

from typing import Self, cast

import torch
from pydantic import model_validator
from torch import Tensor, nn

from jepatlas.common.base.parameters import Count, NonNegative
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import Linear
from jepatlas.noisy_tv.learning.method import Decoding
from jepatlas.objectives.gating import gated_error


class Gates(nn.Module):
    """p_j, `[members, 1, components]`, starting at a half."""

    def __init__(self, members: int, components: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(members, 1, components))

    def forward(self) -> Tensor:
        return self.logits.sigmoid()


class Method(Decoding):
    """`latent` components, of which `kept` are read; budget: weight of keeping to that number."""

    kept: Count
    budget: NonNegative

    @model_validator(mode="after")
    def _keeps_some_of_all(self) -> Self:
        if self.kept > self.latent:
            raise ValueError(f"kept should be at most latent, {self.latent}, not {self.kept}")
        return self

    def networks(self, observation: int, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(observation, draws)
        networks["gates"] = Gates(len(draws), self.latent)
        return networks

    def decode(self, networks: nn.ModuleDict, z: Tensor) -> Tensor:
        return networks["decoder"](networks["gates"]() * z)

    def loss(self, networks: nn.ModuleDict, window: Tensor, draws: Draws) -> Tensor:
        context, future = self.split(window)
        z, decoder = networks["online"](context), cast(Linear, networks["decoder"])
        gates = networks["gates"]()
        return gated_error(future, z, decoder.weight, gates, self.kept, self.budget)

    def latents(self, networks: nn.ModuleDict, z: Tensor) -> Tensor:
        chosen = networks["gates"]().topk(self.kept, dim=-1).indices  # [members, 1, kept]
        return z.gather(-1, chosen.expand(-1, z.shape[1], -1))
