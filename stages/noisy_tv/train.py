"""Train every member of one method, by both recipes: `python -m stages.noisy_tv.train METHOD`."""

import sys
from pathlib import Path

import torch

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Device, Seed, scalar, section, value
from jepatlas.common.base.storage import read_arrays
from jepatlas.common.learning import device
from jepatlas.noisy_tv.learning.fitting import fit
from jepatlas.noisy_tv.learning.method import parse
from jepatlas.noisy_tv.truth.parameters import Recipes, Sweep
from jepatlas.noisy_tv.truth.system import System
from jepatlas.noisy_tv.truth.world import World


def main(name: str) -> None:
    torch.set_num_threads(1)  # products this small only wait for a second one
    recipes, sweep = section("noisy_tv.recipes", Recipes), section("noisy_tv.sweep", Sweep)
    system, seed = section("noisy_tv.system", System), scalar("seed", Seed)
    blocks, target = value(f"noisy_tv.methods.{name}"), device.choose(scalar("device", Device))
    parsed = {recipe: parse(name, recipe, blocks, system.observation) for recipe, _ in recipes}
    world = World.from_arrays(system, read_arrays(Path("data/noisy_tv/trajectories.npz")))
    for recipe, choice in recipes:
        members = world.members(choice, sweep)
        trained = fit(name, recipe, parsed[recipe], world, members, seed, target)
        trained.save(Path(f"data/noisy_tv/trained/{recipe}/{name}.safetensors"))


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
