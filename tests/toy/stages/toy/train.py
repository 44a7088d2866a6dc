"""Train every member of one method: `python -m stages.toy.train METHOD`."""

import sys
from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Count, Positive, Seed, scalar
from jepatlas.common.learning import device
from jepatlas.common.learning.checkpoint import forget
from jepatlas.toy.learning.method import fit, load
from jepatlas.toy.truth.ray import Ray


def main(name: str) -> None:
    method, seed = load(name), scalar("seed", Seed)
    ray, members = Ray(scalar("toy.slope", Positive)), scalar("toy.members", Count)
    trained = fit(name, method, ray, members, seed, device.asked())
    trained.save(Path(f"data/toy/trained/{name}.safetensors"))
    forget(f"toy-{name}")


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
