"""A method as training left it in one setting, for the stages that ask it something."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from jepatlas.common.learning.trained import Trained, restore
from jepatlas.noisy_tv.learning.fitting import initial, with_frames
from jepatlas.noisy_tv.learning.method import Base, load
from jepatlas.noisy_tv.truth.settings import Setting
from jepatlas.noisy_tv.truth.world import Member, World

TRAINED = Path("data/noisy_tv/trained")


def restored(
    name: str,
    setting: Setting,
    world: World,
    members: Sequence[Member],
    seed: int,
    device: torch.device,
) -> tuple[Base, nn.ModuleDict]:
    """The method called `name`, and its networks as they were at the end of training."""
    method = with_frames(load(name, setting.recipe, setting.system), world, members)
    networks = initial(name, method, world, members, seed, device)
    trained = Trained.load(TRAINED / name / f"{setting.name}.safetensors")
    restore(networks, trained.final, trained.source)
    return method, networks
