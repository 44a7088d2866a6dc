"""Draw the trajectories of the noisy TV: `python -m stages.noisy_tv.data`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import section
from jepatlas.common.base.storage import write_arrays
from jepatlas.noisy_tv.truth.parameters import Data, Recipes
from jepatlas.noisy_tv.truth.system import System
from jepatlas.noisy_tv.truth.world import World


def main() -> None:
    recipes = section("noisy_tv.recipes", Recipes)
    seeds = max(recipes.as_published.seeds, recipes.default.seeds)
    system, data = section("noisy_tv.system", System), section("noisy_tv.data", Data)
    write_arrays(Path("data/noisy_tv/trajectories.npz"), World.draw(system, data, seeds).arrays())


if __name__ == "__main__":
    stage.run(main)
