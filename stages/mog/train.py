"""Train every member of one method: `python -m stages.mog.train METHOD`."""

import sys
from pathlib import Path

import torch

from jepatlas.common import device, stage
from jepatlas.common.parameters import Device, Seed, scalar
from jepatlas.common.random import Noise
from jepatlas.common.storage import read_arrays
from jepatlas.common.training import train
from jepatlas.mog.method import load
from jepatlas.mog.parameters import Snapshots
from jepatlas.mog.world import World


def main(name: str) -> None:
    method, seed = load(name), scalar("seed", Seed)
    target = device.choose(scalar("device", Device))
    world = World.from_arrays(read_arrays(Path("data/mog/points.npz")))
    points = torch.as_tensor(world.train, dtype=torch.float32, device=target)
    members = len(points)
    networks = method.networks(points, Noise(seed, members, "weights", target))
    batches = Noise(seed, members, "batches", target)
    noise = Noise(seed, members, "noise", target)
    rows = torch.arange(members, device=target)[:, None]

    def loss() -> torch.Tensor:
        batch = points[rows, batches.integers(points.shape[1], method.batch)]
        return method.loss(networks, batch, noise)

    snapshots = scalar("mog.snapshots", Snapshots)
    trained = train(networks, loss, method, snapshots, label=f"mog.methods.{name}")
    trained.save(Path(f"data/mog/trained/{name}.safetensors"))


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
