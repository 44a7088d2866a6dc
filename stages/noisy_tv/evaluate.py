"""Measure every trained method beside the limits: `python -m stages.noisy_tv.evaluate`."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Device, Seed, scalar, section, value
from jepatlas.common.base.storage import read_arrays, write_arrays, write_csv, write_json
from jepatlas.common.learning import device
from jepatlas.common.learning.training import Trained, restore
from jepatlas.noisy_tv.learning.fitting import initial, scaled
from jepatlas.noisy_tv.learning.method import parse
from jepatlas.noisy_tv.measuring.evaluation import Evaluated, tables
from jepatlas.noisy_tv.measuring.forecast import forecast
from jepatlas.noisy_tv.measuring.measure import Truth
from jepatlas.noisy_tv.measuring.parameters import Evaluation, Transfer, check_evaluation
from jepatlas.noisy_tv.truth.parameters import Recipes, Sweep
from jepatlas.noisy_tv.truth.system import System
from jepatlas.noisy_tv.truth.world import World

TRANSFERRED = ("default", "bjepa")


def main() -> None:
    recipes, sweep = section("noisy_tv.recipes", Recipes), section("noisy_tv.sweep", Sweep)
    evaluation, transfer = (
        section("noisy_tv.evaluation", Evaluation),
        section("noisy_tv.transfer", Transfer),
    )
    system, seed = section("noisy_tv.system", System), scalar("seed", Seed)
    blocks, target = value("noisy_tv.methods"), device.choose(scalar("device", Device))
    world = World.from_arrays(system, read_arrays(Path("data/noisy_tv/trajectories.npz")))
    check_evaluation(evaluation, sweep, world.test)
    done: dict[str, Evaluated] = {}
    for recipe, choice in recipes:
        truth = Truth.of(world, world.members(choice, sweep))
        done[recipe] = Evaluated(truth, evaluation, seed)
        for name in tqdm(blocks, recipe, unit="method", disable=None):
            method = parse(name, recipe, blocks[name], system.observation)
            networks = initial(name, method, world, truth.members, seed, target)
            trained = Trained.load(Path(f"data/noisy_tv/trained/{recipe}/{name}.safetensors"))
            restore(networks, trained.final)
            x = np.stack([scaled(method, world, member) for member in truth.members])
            inputs = torch.as_tensor(x, dtype=torch.float32, device=target)
            forecasts = forecast(method, networks, inputs, world.train, evaluation.horizons)
            done[recipe].add(name, forecasts)
            if (recipe, name) == TRANSFERRED:
                done[recipe].add_transfer(name, forecasts, transfer)
    write_results(done, sweep.failure_scale)


def write_results(done: dict[str, Evaluated], failure_scale: float) -> None:
    drawn: dict[str, Any] = {}
    for recipe, evaluated in done.items():
        write_json(Path(f"metrics/noisy_tv/{recipe}.json"), evaluated.metrics)
        drawn |= {f"{recipe}/{name}": array for name, array in evaluated.drawn.items()}
    for name, table in tables(done, failure_scale).items():
        write_csv(Path(f"plots/noisy_tv/{name}.csv"), table)
    write_arrays(Path("data/noisy_tv/drawn.npz"), drawn)


if __name__ == "__main__":
    stage.run(main)
