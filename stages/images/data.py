"""Get the images: `python -m stages.images.data`."""

from pathlib import Path

from jepatlas.common import stage
from jepatlas.common.parameters import section
from jepatlas.common.storage import write_arrays
from jepatlas.images.datasets import load
from jepatlas.images.parameters import Data


def main() -> None:
    images = load(section("images.data", Data))
    write_arrays(Path("data/images/images.npz"), images.arrays())


if __name__ == "__main__":
    stage.run(main)
