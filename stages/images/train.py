"""Train one method on images without labels: `python -m stages.images.train METHOD`."""

import sys
from pathlib import Path

from jepatlas.common import stage
from jepatlas.common.checkpoint import forget
from jepatlas.common.parameters import Device, Seed, scalar
from jepatlas.common.storage import read_arrays
from jepatlas.images.curves import shown
from jepatlas.images.fitting import Machine, fit
from jepatlas.images.method import load
from jepatlas.images.parameters import Precision, Snapshots
from jepatlas.images.world import Images


def main(name: str) -> None:
    method, seed = load(name), scalar("seed", Seed)
    snapshots = scalar("images.snapshots", Snapshots)
    precision = scalar("images.precision", Precision)
    machine = Machine.choose(scalar("device", Device), precision)
    images = Images.from_arrays(read_arrays(Path("data/images/images.npz")))
    with shown(Path(f"plots/images/training/{name}")) as report:
        trained = fit(method, images, seed, snapshots, machine, name, report)
    trained.save(Path(f"data/images/trained/{name}.safetensors"))
    forget(f"images-{name}")


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
