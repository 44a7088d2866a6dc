"""What is trained and measured: a recipe in a system, on some of its trajectories."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jepatlas.common.base.parameters import PARAMS, InputError, section, validate
from jepatlas.common.base.storage import read_arrays
from jepatlas.noisy_tv.truth.parameters import PartiallyObserved, Recipe, Recipes
from jepatlas.noisy_tv.truth.system import System
from jepatlas.noisy_tv.truth.world import LAYOUT, World

TRAJECTORIES = Path("data/noisy_tv/trajectories")
OWN = "own"  # the file of the track's own system
PARTIAL = "noisy_tv.partially_observed"


@dataclass(frozen=True)
class Setting:
    """name: of a recipe in the track's own system, of a system otherwise; recipe: of the methods;
    file: of the system's trajectories; choice: which of these, at which memories."""

    name: str
    recipe: str
    file: str
    system: System
    choice: Recipe

    def world(self) -> World:
        """As it was drawn before, from its file."""
        arrays = read_arrays(TRAJECTORIES / f"{self.file}.npz", LAYOUT)
        return World.from_arrays(self.system, arrays, self.file)


def settings() -> list[Setting]:
    """Both recipes in the track's own system, then the default one in every other."""
    system, recipes = section("noisy_tv.system", System), section("noisy_tv.recipes", Recipes)
    own = [Setting(name, name, OWN, system, choice) for name, choice in recipes]
    partial = section(PARTIAL, PartiallyObserved)
    return own + list(others(system, partial))


def others(system: System, partial: PartiallyObserved) -> Iterator[Setting]:
    """The default recipe in each of the partially observed systems."""
    choice = Recipe(seeds=partial.seeds, memories=())
    for name, changes in partial.systems.items():
        key = f"{PARTIAL}.systems.{name}"
        if name == OWN or name in Recipes.model_fields:
            raise InputError(f"{PARAMS}: {key}: is the name of something else; choose another")
        other = validate({**system.model_dump(), **changes}, System, key)
        yield Setting(name, "default", name, other, choice)
