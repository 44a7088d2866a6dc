"""Measure one trained method beside the limits: `python -m stages.noisy_tv.evaluate METHOD`."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Device, Seed, scalar, section
from jepatlas.common.base.storage import read_arrays, write_arrays, write_csv, write_json
from jepatlas.common.learning import device
from jepatlas.common.learning.trained import Trained, restore
from jepatlas.common.measuring import measures
from jepatlas.noisy_tv.learning.fitting import initial, scaled, with_frames
from jepatlas.noisy_tv.learning.method import load
from jepatlas.noisy_tv.measuring.evaluation import evaluate, headlines
from jepatlas.noisy_tv.measuring.forecast import forecast
from jepatlas.noisy_tv.measuring.measure import Truth
from jepatlas.noisy_tv.measuring.parameters import Evaluation, Transfer, check_evaluation
from jepatlas.noisy_tv.truth.parameters import Recipes, Sweep
from jepatlas.noisy_tv.truth.system import System
from jepatlas.noisy_tv.truth.world import World

DATA = Path("data/noisy_tv")


def main(name: str) -> None:
    recipes, sweep = section("noisy_tv.recipes", Recipes), section("noisy_tv.sweep", Sweep)
    evaluation = section("noisy_tv.evaluation", Evaluation)
    transfer, system = section("noisy_tv.transfer", Transfer), section("noisy_tv.system", System)
    seed, target = scalar("seed", Seed), device.choose(scalar("device", Device))
    world = World.from_arrays(system, read_arrays(DATA / "trajectories.npz"))
    check_evaluation(evaluation, sweep, world.test)
    done = {}
    for recipe, choice in recipes:
        known = read_arrays(DATA / "oracle" / f"{recipe}.npz")
        truth = Truth.of(world, world.members(choice, sweep), known)
        method = with_frames(load(name, recipe, system), world, truth.members)
        networks = initial(name, method, world, truth.members, seed, target)
        restore(networks, Trained.load(DATA / "trained" / name / f"{recipe}.safetensors").final)
        x = np.stack([scaled(method, world, member) for member in truth.members])
        inputs = torch.as_tensor(x, dtype=torch.float32, device=target)
        said = forecast(method, networks, inputs, world.train, evaluation.horizons)
        done[recipe] = evaluate(name, recipe, truth, said, evaluation, transfer)
    write_json(Path(f"metrics/noisy_tv/{name}.json"), {name: headlines(name, done)})
    measured = {recipe: one.measures[name] for recipe, one in done.items()}
    write_csv(DATA / "measured" / f"{name}.csv", measures.table(name, measured))
    rows = pd.DataFrame([row for one in done.values() for row in one.rows])
    write_csv(DATA / "rows" / f"{name}.csv", rows)
    drawn = {f"{recipe}/{key}": a for recipe, one in done.items() for key, a in one.drawn.items()}
    write_arrays(DATA / "evaluated" / f"{name}.npz", drawn)


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
