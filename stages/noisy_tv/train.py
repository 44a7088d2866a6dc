"""Train every member of one method in every setting: `python -m stages.noisy_tv.train METHOD`."""

import sys
from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Seed, scalar, section
from jepatlas.common.learning import device
from jepatlas.common.learning.checkpoint import forget
from jepatlas.noisy_tv.learning.fitting import fit, with_frames
from jepatlas.noisy_tv.learning.method import load
from jepatlas.noisy_tv.truth.parameters import Sweep
from jepatlas.noisy_tv.truth.settings import settings


def main(name: str) -> None:
    sweep, seed = section("noisy_tv.sweep", Sweep), scalar("seed", Seed)
    target = device.asked()
    methods = [(one, load(name, one.recipe, one.system)) for one in settings()]
    for setting, method in methods:
        world = setting.world()
        members = world.members(setting.choice, sweep)
        chosen = with_frames(method, world, members)
        trained = fit(name, setting.recipe, chosen, world, members, seed, target)
        trained.save(Path(f"data/noisy_tv/trained/{name}/{setting.name}.safetensors"))
    forget(f"noisy_tv-{name}")


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
