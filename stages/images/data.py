"""Get the images: `python -m stages.images.data`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import section
from jepatlas.common.base.storage import write_arrays
from jepatlas.images.truth.datasets import load
from jepatlas.images.truth.parameters import Data


def main() -> None:
    images = load(section("images.data", Data))
    write_arrays(Path("data/images/images.npz"), images.arrays())


if __name__ == "__main__":
    stage.run(main)
