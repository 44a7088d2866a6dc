"""Draw the points of every mixture: `python -m stages.mixture.data`."""

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Count, Seed, scalar, section, value
from jepatlas.common.base.storage import write_arrays
from jepatlas.mixture.truth.parameters import Data, MixtureChoice
from jepatlas.mixture.truth.world import POINTS, World


def main() -> None:
    data = section("mixture.data", Data)
    members, seed = scalar("mixture.members", Count), scalar("seed", Seed)
    names = value("mixture.mixtures")
    mixtures = {name: section(f"mixture.mixtures.{name}", MixtureChoice) for name in names}
    for name, choice in mixtures.items():
        world = World.draw(choice.mixture(), data, members, seed)
        write_arrays(POINTS / f"{name}.npz", world.arrays())


if __name__ == "__main__":
    stage.run(main)
