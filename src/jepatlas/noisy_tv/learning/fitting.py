"""Train one method of one recipe on all its members."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from jepatlas.common.learning.batches import Batch, Batches, FullBatch, Resampled
from jepatlas.common.learning.checkpoint import checkpoint_for
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.trained import Trained
from jepatlas.common.learning.training import train
from jepatlas.noisy_tv.learning.inputs import (
    Inputs,
    all_neighbours,
    autoregressive_order,
    neighbours_at,
    windows,
)
from jepatlas.noisy_tv.learning.method import Base
from jepatlas.noisy_tv.truth.system import Array
from jepatlas.noisy_tv.truth.world import Member, World

MOST_FRAMES = 10  # that are tried where data choose how many a window has
MethodType = TypeVar("MethodType", bound=Base)


def with_frames(method: MethodType, world: World, members: Sequence[Member]) -> MethodType:
    """`method` with as many frames as the training parts of these members ask for, where
    params.yaml leaves it to them."""
    if method.frames != "aic":
        return method
    x = [world.observe(member)[: world.train] for member in members]
    return method.model_copy(update={"frames": autoregressive_order(x, MOST_FRAMES)})


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
    frames = method.length
    x = [scaled(method, world, member)[: world.train - frames + 1] for member in members]
    networks = initial(name, method, world, members, seed, device)
    order, draws = (Draws(seed, seeds, purpose, device) for purpose in ("batches", "noise"))
    batches: Batches = FullBatch(method.steps)
    if method.batch is None:
        whole = all_neighbours(x, frames, device)
    else:
        series = torch.as_tensor(np.stack(x), dtype=torch.float32, device=device)
        batches = Resampled(method.steps, method.batch, series.shape[1] - frames, order)

    def loss(batch: Batch) -> Tensor:
        chosen = batch.examples
        pairs = whole if chosen is None else neighbours_at(series, chosen, frames)
        return method.loss(networks, pairs, draws)

    place = f"noisy_tv-{name}-{recipe}-{world.name}"
    checkpoint = checkpoint_for(place, (method, members, seed, device), {"x": np.stack(x)})
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
    return method.networks(method.length * world.system.observation, draws).to(device)


def scaled(method: Base, world: World, member: Member) -> Array:
    """The windows of the member's observations as the method wants them,
    `[time - frames + 1, frames * observation]`."""
    x = windows(world.observe(member), method.length)
    return Inputs.fit(x[: world.train - method.length + 1], method.inputs)(x)
