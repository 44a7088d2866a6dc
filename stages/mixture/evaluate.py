"""Measure one trained method of every recipe: `python -m stages.mixture.evaluate METHOD`."""

import sys
from pathlib import Path

import torch

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Seed, scalar, section
from jepatlas.common.base.storage import write_arrays, write_csv, write_json
from jepatlas.common.learning import device
from jepatlas.common.learning.trained import Trained
from jepatlas.common.measuring import measures
from jepatlas.mixture.learning.fitting import initial
from jepatlas.mixture.learning.method import load_all
from jepatlas.mixture.measuring.evaluation import evaluate, headlines, through_training
from jepatlas.mixture.measuring.parameters import Evaluation, Langevin
from jepatlas.mixture.measuring.points import Settings
from jepatlas.mixture.measuring.results import Arrays, Metrics
from jepatlas.mixture.truth.parameters import Landscape
from jepatlas.mixture.truth.recipes import DEFAULT, mixture_of
from jepatlas.mixture.truth.world import World

DATA = Path("data/mixture")


def main(name: str) -> None:
    methods = load_all(name)
    measured: Metrics = {}
    drawn: Arrays = {}
    worlds = {recipe: World.read(mixture_of(name, recipe)) for recipe in methods}
    settings = Settings(
        seed=scalar("seed", Seed),
        members=len(worlds[DEFAULT].train),
        evaluation=section("mixture.evaluation", Evaluation),
        langevin=section("mixture.langevin", Langevin),
        landscape=section("mixture.landscape", Landscape),
        device=device.asked(),
    )
    for recipe, method in methods.items():
        world = worlds[recipe]
        trained = Trained.load(DATA / "trained" / name / f"{recipe}.safetensors")
        points = torch.as_tensor(world.train, dtype=torch.float32, device=settings.device)
        networks = initial(method, points, settings.seed)
        measured[recipe], arrays = evaluate(method, networks, trained, world, settings)
        if recipe == DEFAULT:
            arrays |= through_training(method, networks, trained, world, settings)
        drawn |= {f"{recipe}/{key}": array for key, array in arrays.items()}
    table = measures.table(name, measured)
    write_json(Path(f"metrics/mixture/{name}.json"), {name: headlines(methods[DEFAULT], table)})
    write_csv(DATA / "measured" / f"{name}.csv", table)
    write_arrays(DATA / "evaluated" / f"{name}.npz", drawn)


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
