"""Train every member of one method, by both recipes: `python -m stages.noisy_tv.train METHOD`."""

import sys
from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Device, Seed, scalar, section
from jepatlas.common.base.storage import read_arrays
from jepatlas.common.learning import device
from jepatlas.common.learning.checkpoint import forget
from jepatlas.noisy_tv.learning.fitting import fit, with_frames
from jepatlas.noisy_tv.learning.method import load
from jepatlas.noisy_tv.truth.parameters import Recipes, Sweep
from jepatlas.noisy_tv.truth.system import System
from jepatlas.noisy_tv.truth.world import World


def main(name: str) -> None:
    recipes, sweep = section("noisy_tv.recipes", Recipes), section("noisy_tv.sweep", Sweep)
    system, seed = section("noisy_tv.system", System), scalar("seed", Seed)
    target = device.choose(scalar("device", Device))
    methods = {recipe: load(name, recipe, system) for recipe, _ in recipes}
    world = World.from_arrays(system, read_arrays(Path("data/noisy_tv/trajectories.npz")))
    for recipe, choice in recipes:
        members = world.members(choice, sweep)
        method = with_frames(methods[recipe], world, members)
        trained = fit(name, recipe, method, world, members, seed, target)
        trained.save(Path(f"data/noisy_tv/trained/{name}/{recipe}.safetensors"))
    forget(f"noisy_tv-{name}")


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
