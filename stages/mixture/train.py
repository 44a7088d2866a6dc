"""Train every member of one method: `python -m stages.mixture.train METHOD`."""

import sys
from pathlib import Path

import torch

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Device, Seed, Snapshots, scalar
from jepatlas.common.base.storage import read_arrays
from jepatlas.common.learning import device
from jepatlas.common.learning.checkpoint import forget
from jepatlas.mixture.learning.fitting import fit
from jepatlas.mixture.learning.method import load
from jepatlas.mixture.truth.world import World


def main(name: str) -> None:
    method, seed = load(name), scalar("seed", Seed)
    target = device.choose(scalar("device", Device))
    world = World.from_arrays(read_arrays(Path("data/mixture/points.npz")))
    points = torch.as_tensor(world.train, dtype=torch.float32, device=target)
    trained = fit(name, method, points, seed, scalar("mixture.snapshots", Snapshots))
    trained.save(Path(f"data/mixture/trained/{name}.safetensors"))
    forget(f"mixture-{name}")


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
