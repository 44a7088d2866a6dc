"""Train one method on images without labels: `python -m stages.images.train METHOD`."""

import sys
from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Count, Seed, Snapshots, scalar
from jepatlas.common.base.storage import read_arrays
from jepatlas.common.learning.checkpoint import forget
from jepatlas.images.learning.curves import shown
from jepatlas.images.learning.fitting import fit
from jepatlas.images.learning.machine import Machine
from jepatlas.images.learning.method import load
from jepatlas.images.truth.world import LAYOUT, Images


def main(name: str) -> None:
    method, seed = load(name), scalar("seed", Seed)
    members = range(scalar("images.members", Count))
    snapshots = scalar("images.snapshots", Snapshots)
    machine = Machine.asked()
    images = Images.from_arrays(read_arrays(Path("data/images/images.npz"), LAYOUT))
    with shown(Path(f"plots/images/training/{name}")) as report:
        trained = fit(name, method, images, seed, members, snapshots, machine, report)
    trained.save(Path(f"data/images/trained/{name}.safetensors"))
    forget(f"images-{name}")


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
