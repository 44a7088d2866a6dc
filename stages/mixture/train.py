"""Train every member of one method by every recipe: `python -m stages.mixture.train METHOD`."""

import sys
from pathlib import Path

import torch

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Seed, Snapshots, scalar
from jepatlas.common.learning import device
from jepatlas.common.learning.checkpoint import forget
from jepatlas.mixture.learning.fitting import fit
from jepatlas.mixture.learning.method import load_all
from jepatlas.mixture.truth.recipes import mixture_of
from jepatlas.mixture.truth.world import World


def main(name: str) -> None:
    methods = load_all(name)
    seed, snapshots = scalar("seed", Seed), scalar("mixture.snapshots", Snapshots)
    target = device.asked()
    for recipe, method in methods.items():
        world = World.read(mixture_of(name, recipe))
        points = torch.as_tensor(world.train, dtype=torch.float32, device=target)
        trained = fit(name, method, points, seed, snapshots, recipe=recipe)
        trained.save(Path(f"data/mixture/trained/{name}/{recipe}.safetensors"))
    forget(f"mixture-{name}")


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
