"""Train one method on all members of a setting, on pairs drawn at each step."""

import numpy as np
import torch
from torch import Tensor, nn

from jepatlas.common.learning.batches import ROUND, Batches
from jepatlas.common.learning.checkpoint import checkpoint_for
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.trained import Trained, snapshot_steps
from jepatlas.common.learning.training import train
from jepatlas.hidden_causes.learning.method import Base
from jepatlas.hidden_causes.truth.worlds import Setting


class Online(Batches):
    """No examples that could be numbered: each step has pairs that nobody has seen."""

    def __init__(self, steps: int) -> None:
        super().__init__(steps, ROUND)

    def _examples(self, step: int) -> None:
        return None


class Pairs:
    """Draws the batches. A seed has the same normal draws in every world of the setting, so that
    worlds differ by what they make of them."""

    def __init__(self, setting: Setting, batch: int, draws: Draws) -> None:
        """draws: of each seed, on the CPU."""
        self.setting, self.batch, self.draws = setting, batch, draws

    def next(self) -> Tensor:
        """Observations of z and z', `[members, 2, batch, observed]`."""
        g = self.draws.normal(2, self.batch, self.setting.dim).numpy()
        seen = [world.observe(np.stack(world.pair(g), axis=1)) for world in self.setting.distinct]
        return torch.from_numpy(np.concatenate(seen))


def initial(method: Base, setting: Setting, seed: int, device: torch.device) -> nn.ModuleDict:
    """The networks before training: a seed has the same weights in every world."""
    return method.networks(setting, Draws(seed, setting.members, "weights")).to(device)


def fit(
    name: str,
    method: Base,
    setting: Setting,
    seed: int,
    snapshots: int,
    device: torch.device,
) -> Trained:
    """Train by `method`, called `name`; snapshots: how many states of the encoders are kept."""
    networks = initial(method, setting, seed, device)
    pairs = Pairs(setting, method.batch, Draws(seed, setting.seeds, "pairs"))
    draws = Draws(seed, setting.members, "noise", device)
    return train(
        networks,
        lambda _: method.loss(networks, pairs.next().to(device), draws),
        Online(method.steps),
        method,
        f"hidden_causes.methods.{name}",
        draws=(pairs.draws, draws),
        snapshots=snapshot_steps(method.steps, snapshots),
        checkpoint=checkpoint_for(
            f"hidden_causes-{name}", (method, setting, seed, snapshots, device), {}
        ),
    )
