"""Train every member of one method: `python -m stages.mog.train METHOD`."""

import sys
from pathlib import Path

import torch

from jepatlas.common import device, stage
from jepatlas.common.parameters import Device, Seed, scalar
from jepatlas.common.storage import read_arrays
from jepatlas.mog.fitting import fit, initial
from jepatlas.mog.method import load
from jepatlas.mog.parameters import Snapshots
from jepatlas.mog.world import World


def main(name: str) -> None:
    method, seed = load(name), scalar("seed", Seed)
    target = device.choose(scalar("device", Device))
    world = World.from_arrays(read_arrays(Path("data/mog/points.npz")))
    points = torch.as_tensor(world.train, dtype=torch.float32, device=target)
    snapshots = scalar("mog.snapshots", Snapshots)
    networks = initial(method, points, seed)
    trained = fit(networks, method, points, seed, snapshots, label=f"mog.methods.{name}")
    trained.save(Path(f"data/mog/trained/{name}.safetensors"))


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
