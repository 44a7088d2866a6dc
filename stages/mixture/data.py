"""Draw the points of the mixture: `python -m stages.mixture.data`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Count, Seed, scalar, section
from jepatlas.common.base.storage import write_arrays
from jepatlas.mixture.truth.parameters import Data, MixtureChoice
from jepatlas.mixture.truth.world import World


def main() -> None:
    choice = section(f"mixture.mixtures.{scalar('mixture.mixture', str)}", MixtureChoice)
    data = section("mixture.data", Data)
    world = World.draw(
        choice.mixture(), data, scalar("mixture.members", Count), scalar("seed", Seed)
    )
    write_arrays(Path("data/mixture/points.npz"), world.arrays())


if __name__ == "__main__":
    stage.run(main)
