"""Measure one trained method: `python -m stages.mixture.evaluate METHOD`."""

import sys
from pathlib import Path

import torch

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Device, Seed, scalar, section
from jepatlas.common.base.storage import read_arrays, write_arrays, write_csv, write_json
from jepatlas.common.learning import device
from jepatlas.common.learning.trained import Trained
from jepatlas.common.measuring import measures
from jepatlas.mixture.learning.fitting import initial
from jepatlas.mixture.learning.method import load
from jepatlas.mixture.measuring.evaluation import HEADLINES, evaluate
from jepatlas.mixture.measuring.parameters import Evaluation, Langevin
from jepatlas.mixture.measuring.points import Settings
from jepatlas.mixture.truth.parameters import Landscape
from jepatlas.mixture.truth.world import World


def main(name: str) -> None:
    method = load(name)
    world = World.from_arrays(read_arrays(Path("data/mixture/points.npz")))
    settings = Settings(
        seed=scalar("seed", Seed),
        members=len(world.train),
        evaluation=section("mixture.evaluation", Evaluation),
        langevin=section("mixture.langevin", Langevin),
        landscape=section("mixture.landscape", Landscape),
        device=device.choose(scalar("device", Device)),
    )
    trained = Trained.load(Path(f"data/mixture/trained/{name}.safetensors"))
    points = torch.as_tensor(world.train, dtype=torch.float32, device=settings.device)
    networks = initial(method, points, settings.seed)
    measured, drawn = evaluate(method, networks, trained, world, settings)
    table = measures.table(name, measured)
    write_json(Path(f"metrics/mixture/{name}.json"), {name: measures.headlines(table, HEADLINES)})
    write_csv(Path(f"data/mixture/measured/{name}.csv"), table)
    write_arrays(Path(f"data/mixture/evaluated/{name}.npz"), drawn)


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
