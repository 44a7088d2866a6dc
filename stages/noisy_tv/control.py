"""Steer the signal by what one method has learned: `python -m stages.noisy_tv.control METHOD`."""

import sys
from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Seed, scalar, section
from jepatlas.common.base.storage import read_arrays, write_json
from jepatlas.common.learning import device
from jepatlas.noisy_tv.control.learned import Agent
from jepatlas.noisy_tv.control.outcomes import COSTS, headlines, outcomes
from jepatlas.noisy_tv.control.parameters import Control
from jepatlas.noisy_tv.control.task import Task
from jepatlas.noisy_tv.measuring.measure import Truth
from jepatlas.noisy_tv.measuring.parameters import Evaluation
from jepatlas.noisy_tv.measuring.results import save
from jepatlas.noisy_tv.measuring.trained import restored
from jepatlas.noisy_tv.truth.parameters import Recipes, Sweep
from jepatlas.noisy_tv.truth.settings import settings

DATA = Path("data/noisy_tv")


def main(name: str) -> None:
    sweep, evaluation = section("noisy_tv.sweep", Sweep), section("noisy_tv.evaluation", Evaluation)
    control, seed = section("noisy_tv.control", Control), scalar("seed", Seed)
    target = device.asked()
    done = {}
    for setting in settings():
        world = setting.world()
        members = world.members(setting.choice, sweep)
        truth = Truth.read(DATA / "oracle" / f"{setting.name}.npz", world, members)
        method, networks = restored(name, setting, world, truth.members, seed, target)
        task = Task.of(world, truth.members, control)
        agent = Agent(method, networks, world, truth.members, task, target)
        layout = dict.fromkeys(COSTS, f"float64 {len(members)}")
        costs = read_arrays(DATA / "lqg" / f"{setting.name}.npz", layout)
        done[setting.name] = outcomes(name, setting.name, truth, agent, costs, evaluation)
    own = {recipe: done[recipe] for recipe in Recipes.model_fields}
    write_json(Path(f"metrics/noisy_tv/control/{name}.json"), {name: headlines(name, own)})
    save(
        done,
        DATA / "steered" / f"{name}.csv",
        DATA / "steered" / "rows" / f"{name}.csv",
        DATA / "steered" / f"{name}.npz",
    )


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
