"""Measure what can be known without training: `python -m stages.noisy_tv.oracle`."""

from pathlib import Path

import numpy as np
import pandas as pd

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Seed, scalar, section
from jepatlas.common.base.storage import write_arrays, write_csv
from jepatlas.common.measuring import measures
from jepatlas.noisy_tv.measuring.measure import Truth
from jepatlas.noisy_tv.measuring.parameters import Evaluation, check_evaluation
from jepatlas.noisy_tv.measuring.references import evaluate, filtered, limits, unrelated
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
        done[setting.name] = evaluate(setting.name, truth, x, known, others, evaluation, seed)
        write_arrays(FOLDER / f"{setting.name}.npz", arrays)
    names = next(iter(done.values())).measures
    measured = [
        measures.table(name, {recipe: one.measures[name] for recipe, one in done.items()})
        for name in names
    ]
    write_csv(FOLDER / "measured.csv", measures.joined(measured))
    write_csv(FOLDER / "rows.csv", pd.DataFrame([row for one in done.values() for row in one.rows]))
    drawn = {f"{recipe}/{name}": a for recipe, one in done.items() for name, a in one.drawn.items()}
    write_arrays(FOLDER / "drawn.npz", drawn)


if __name__ == "__main__":
    stage.run(main)
