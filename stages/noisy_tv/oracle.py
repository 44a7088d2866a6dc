"""Measure what can be known without training: `python -m stages.noisy_tv.oracle`."""

from pathlib import Path

import numpy as np

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Seed, scalar, section
from jepatlas.common.base.storage import write_arrays
from jepatlas.noisy_tv.measuring.measure import Truth
from jepatlas.noisy_tv.measuring.parameters import Evaluation, check_evaluation
from jepatlas.noisy_tv.measuring.references import evaluate, filtered, limits, unrelated
from jepatlas.noisy_tv.measuring.results import save
from jepatlas.noisy_tv.truth.parameters import Sweep
from jepatlas.noisy_tv.truth.settings import settings

FOLDER = Path("data/noisy_tv/oracle")


def main() -> None:
    sweep = section("noisy_tv.sweep", Sweep)
    evaluation, seed = section("noisy_tv.evaluation", Evaluation), scalar("seed", Seed)
    done = {}
    for setting in settings():
        world = setting.world()
        check_evaluation(evaluation, sweep, world.test)
        members = world.members(setting.choice, sweep)
        x = np.stack([world.observe(member) for member in members])
        known = filtered(world, members, x)
        arrays = limits(known, world.train)
        truth = Truth.of(world, members, arrays)
        others = unrelated(world, members, seed)
        done[setting.name] = evaluate(setting.name, truth, x, others, evaluation, seed)
        write_arrays(FOLDER / f"{setting.name}.npz", arrays)
    save(done, *(FOLDER / file for file in ("measured.csv", "rows.csv", "drawn.npz")))


if __name__ == "__main__":
    stage.run(main)
