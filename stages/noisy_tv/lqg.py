"""Steer the signal exactly, at random and not at all: `python -m stages.noisy_tv.lqg`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Seed, scalar, section
from jepatlas.common.base.storage import write_arrays
from jepatlas.noisy_tv.control.outcomes import references
from jepatlas.noisy_tv.control.parameters import Control, check_control
from jepatlas.noisy_tv.control.task import Task
from jepatlas.noisy_tv.measuring.measure import Truth
from jepatlas.noisy_tv.measuring.parameters import Evaluation
from jepatlas.noisy_tv.measuring.results import save
from jepatlas.noisy_tv.truth.parameters import Sweep
from jepatlas.noisy_tv.truth.settings import settings

DATA, FOLDER = Path("data/noisy_tv"), Path("data/noisy_tv/lqg")


def main() -> None:
    sweep, evaluation = section("noisy_tv.sweep", Sweep), section("noisy_tv.evaluation", Evaluation)
    control, seed = section("noisy_tv.control", Control), scalar("seed", Seed)
    done = {}
    for setting in settings():
        world = setting.world()
        check_control(control, world.train, world.test)
        members = world.members(setting.choice, sweep)
        truth = Truth.read(DATA / "oracle" / f"{setting.name}.npz", world, members)
        task = Task.of(world, members, control)
        costs, done[setting.name] = references(setting.name, truth, task, evaluation, seed)
        write_arrays(FOLDER / f"{setting.name}.npz", costs)
    save(done, *(FOLDER / file for file in ("measured.csv", "rows.csv", "drawn.npz")))


if __name__ == "__main__":
    stage.run(main)
