"""Train one method of one recipe on all its members."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from jepatlas.common.learning.batches import Batch, Batches, FullBatch, Resampled
from jepatlas.common.learning.checkpoint import checkpoint_for
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.trained import Trained
from jepatlas.common.learning.training import train
from jepatlas.noisy_tv.learning.inputs import Inputs, all_windows, windows_at
from jepatlas.noisy_tv.learning.method import Base
from jepatlas.noisy_tv.truth.system import Array
from jepatlas.noisy_tv.truth.world import Member, World


def fit(
    name: str,
    recipe: str,
    method: Base,
    world: World,
    members: Sequence[Member],
    seed: int,
    device: torch.device,
) -> Trained:
    """`method`, called `name`, trained on the training part of each member's observations."""
    seeds = [member.seed for member in members]
    x = [scaled(method, world, member)[: world.train] for member in members]
    frames = method.context + 1
    networks = initial(name, method, world, members, seed, device)
    order, draws = (Draws(seed, seeds, purpose, device) for purpose in ("batches", "noise"))
    batches: Batches = FullBatch(method.steps)
    if method.batch is None:
        whole = all_windows(x, frames, device)
    else:
        series = torch.as_tensor(np.stack(x), dtype=torch.float32, device=device)
        batches = Resampled(method.steps, method.batch, series.shape[1] - frames + 1, order)

    def loss(batch: Batch) -> Tensor:
        chosen = batch.examples
        window = whole if chosen is None else windows_at(series, chosen, frames)
        return method.loss(networks, window, draws)

    checkpoint = checkpoint_for(
        f"noisy_tv-{name}-{recipe}", (method, members, seed, device), {"x": np.stack(x)}
    )
    return train(
        networks,
        loss,
        batches,
        method,
        f"noisy_tv.methods.{name}.{recipe}",
        draws=(order, draws),
        checkpoint=checkpoint,
    )


def initial(
    name: str,
    method: Base,
    world: World,
    members: Sequence[Member],
    seed: int,
    device: torch.device,
) -> nn.ModuleDict:
    """The networks before training; members of one trajectory start from the same weights."""
    seeds = [member.seed for member in members]
    draws = Draws(seed, seeds, f"weights of {name}", device)
    return method.networks(world.system.observation, draws).to(device)


def scaled(method: Base, world: World, member: Member) -> Array:
    """The member's observations, `[time, observation]`, as the method wants them."""
    x = world.observe(member)
    return Inputs.fit(x[: world.train], method.inputs)(x)
