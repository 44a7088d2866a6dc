"""The series that figures draw, from the files of the stages that measured them.

They are of the first seed at every noise scale, `RECIPE/NAME`, as `measuring/results.py` writes
them; of another shape they are refused by the name of their file.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy.typing as npt

from jepatlas.common.base.storage import read_arrays
from jepatlas.noisy_tv.drawing.control import IDLE, LQG
from jepatlas.noisy_tv.drawing.looks import RECIPES

LIMIT = "kalman"  # the best that can be known
Drawn = dict[str, npt.NDArray[Any]]
Sizes = Mapping[str, Sequence[int | str]]


def series(root: Path, names: Sequence[str], sure: Mapping[str, Collection[str]], k: int) -> Drawn:
    """All of them; see `predictions`."""
    found = predictions(root, names, k, sure)
    sizes = _sizes(found)

    def distances(*models: str) -> Callable[[str], dict[str, str]]:
        return lambda recipe: {f"{model}_distance": "{0} way" for model in models}

    found |= _read(root / "lqg" / "drawn.npz", sizes, distances(LQG, IDLE))
    for name in names:
        found |= _read(root / "steered" / f"{name}.npz", sizes, distances(name))
    return found


def predictions(
    root: Path,
    names: Sequence[str],
    k: int,
    sure: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> Drawn:
    """What the limit and the models predict, and what it should be.

    root: the track's folder of `data`; k: the components of the signal; sure: by recipe, the models
    whose beliefs' standard deviations are wanted too.
    """
    unknown = {recipe: (f"{recipe}_scales", f"{recipe}_steps") for recipe in RECIPES}
    known = {"scales": "{0}", "true": f"{{0}} {{1}} {k}", LIMIT: f"{{0}} {{1}} {k}"}
    found = _read(root / "oracle" / "drawn.npz", unknown, lambda recipe: known)
    sizes = _sizes(found)

    def of(model: str) -> Callable[[str], dict[str, str]]:
        mean, std = {model: f"{{0}} {{1}} {k}"}, {f"{model}_std": f"{{0}} {k}"}
        return lambda recipe: mean | std if model in sure.get(recipe, ()) else mean

    for name in names:
        found |= _read(root / "evaluated" / f"{name}.npz", sizes, of(name))
    return found


def _sizes(drawn: Drawn) -> Sizes:
    """By recipe, how many scales and steps there are."""
    return {recipe: drawn[f"{recipe}/true"].shape for recipe in RECIPES}


def _read(path: Path, sizes: Sizes, axes: Callable[[str], Mapping[str, str]]) -> Drawn:
    """Of a file, the arrays of both recipes. axes: of a recipe's, with {0} and {1} for how many
    scales and steps it has."""
    layout = {
        f"{recipe}/{name}": f"float64 {words.format(*sizes[recipe])}"
        for recipe in RECIPES
        for name, words in axes(recipe).items()
    }
    arrays = read_arrays(path, layout)
    return {key: arrays[key] for key in layout}
