"""Draw the points of the mixture: `python -m stages.mog.data`."""

from pathlib import Path

from jepatlas.common import stage
from jepatlas.common.parameters import Count, Seed, scalar, section
from jepatlas.common.storage import write_arrays
from jepatlas.mog.parameters import Data, MixtureChoice
from jepatlas.mog.world import World


def main() -> None:
    choice = section(f"mog.mixtures.{scalar('mog.mixture', str)}", MixtureChoice)
    data = section("mog.data", Data)
    world = World.draw(choice.mixture(), data, scalar("mog.members", Count), scalar("seed", Seed))
    write_arrays(Path("data/mog/points.npz"), world.arrays())


if __name__ == "__main__":
    stage.run(main)
