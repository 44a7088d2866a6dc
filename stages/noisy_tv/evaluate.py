"""Measure one trained method beside the limits: `python -m stages.noisy_tv.evaluate METHOD`."""

import sys
from pathlib import Path

import numpy as np
import torch

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Seed, scalar, section
from jepatlas.common.base.storage import write_json
from jepatlas.common.learning import device
from jepatlas.noisy_tv.learning.fitting import scaled
from jepatlas.noisy_tv.measuring.evaluation import evaluate, headlines
from jepatlas.noisy_tv.measuring.forecast import forecast
from jepatlas.noisy_tv.measuring.measure import Truth
from jepatlas.noisy_tv.measuring.parameters import Evaluation, Transfer, check_evaluation
from jepatlas.noisy_tv.measuring.results import save
from jepatlas.noisy_tv.measuring.trained import restored
from jepatlas.noisy_tv.truth.parameters import Recipes, Sweep
from jepatlas.noisy_tv.truth.settings import settings

DATA = Path("data/noisy_tv")


def main(name: str) -> None:
    sweep, evaluation = section("noisy_tv.sweep", Sweep), section("noisy_tv.evaluation", Evaluation)
    transfer = section("noisy_tv.transfer", Transfer)
    seed, target = scalar("seed", Seed), device.asked()
    done = {}
    for setting in settings():
        world = setting.world()
        check_evaluation(evaluation, sweep, world.test)
        members = world.members(setting.choice, sweep)
        truth = Truth.read(DATA / "oracle" / f"{setting.name}.npz", world, members)
        method, networks = restored(name, setting, world, truth.members, seed, target)
        x = np.stack([scaled(method, world, member) for member in truth.members])
        inputs = torch.as_tensor(x, dtype=torch.float32, device=target)
        said = forecast(method, networks, inputs, world.train, evaluation.horizons)
        done[setting.name] = evaluate(name, setting.name, truth, said, evaluation, transfer)
    own = {recipe: done[recipe] for recipe in Recipes.model_fields}
    write_json(Path(f"metrics/noisy_tv/{name}.json"), {name: headlines(name, own)})
    save(
        done,
        DATA / "measured" / f"{name}.csv",
        DATA / "rows" / f"{name}.csv",
        DATA / "evaluated" / f"{name}.npz",
    )


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
