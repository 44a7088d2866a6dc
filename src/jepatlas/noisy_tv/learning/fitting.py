"""Train one method of one recipe on all its members."""

from collections.abc import Sequence

import torch
from torch import nn

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.training import Trained, train
from jepatlas.noisy_tv.learning.inputs import Inputs, full_batch, mini_batches
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
    if method.batch is None:
        batches = full_batch(x, frames, device)
    else:
        batches = mini_batches(x, frames, method.batch, Draws(seed, seeds, "batches", device))
    networks = initial(name, method, world, members, seed, device)
    return train(
        networks,
        lambda: method.loss(networks, batches()),
        method,
        snapshots=2,
        label=f"noisy_tv.methods.{name}.{recipe}",
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
