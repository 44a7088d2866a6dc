"""Measure one trained method: `python -m stages.mog.evaluate METHOD`."""

import sys
from pathlib import Path

import torch

from jepatlas.common import device, stage
from jepatlas.common.parameters import Device, Seed, scalar, section
from jepatlas.common.storage import read_arrays, write_arrays, write_json
from jepatlas.common.training import Trained
from jepatlas.mog.evaluation import Settings, evaluate
from jepatlas.mog.fitting import initial
from jepatlas.mog.method import load
from jepatlas.mog.parameters import Evaluation, Landscape, Langevin
from jepatlas.mog.world import World


def main(name: str) -> None:
    method = load(name)
    world = World.from_arrays(read_arrays(Path("data/mog/points.npz")))
    settings = Settings(
        seed=scalar("seed", Seed),
        members=len(world.train),
        evaluation=section("mog.evaluation", Evaluation),
        langevin=section("mog.langevin", Langevin),
        landscape=section("mog.landscape", Landscape),
        device=device.choose(scalar("device", Device)),
    )
    trained = Trained.load(Path(f"data/mog/trained/{name}.safetensors"))
    points = torch.as_tensor(world.train, dtype=torch.float32, device=settings.device)
    networks = initial(method, points, settings.seed)
    metrics, drawn = evaluate(method, networks, trained, world, settings)
    write_json(Path(f"metrics/mog/{name}.json"), metrics)
    write_arrays(Path(f"data/mog/evaluated/{name}.npz"), drawn)


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
