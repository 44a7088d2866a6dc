"""Draw the trajectories of the noisy TV: `python -m stages.noisy_tv.data`."""

from pathlib import Path

from jepatlas.common import stage
from jepatlas.common.parameters import section
from jepatlas.common.storage import write_arrays
from jepatlas.noisy_tv.parameters import Data, Recipes
from jepatlas.noisy_tv.system import System
from jepatlas.noisy_tv.world import World


def main() -> None:
    recipes = section("noisy_tv.recipes", Recipes)
    seeds = max(recipes.as_published.seeds, recipes.default.seeds)
    system, data = section("noisy_tv.system", System), section("noisy_tv.data", Data)
    write_arrays(Path("data/noisy_tv/trajectories.npz"), World.draw(system, data, seeds).arrays())


if __name__ == "__main__":
    stage.run(main)
