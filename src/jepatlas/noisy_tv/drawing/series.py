"""The series that figures draw, from the files of the stages that measured them.

They are of the first seed at every noise scale, `RECIPE/NAME`, as `measuring/results.py` writes
them; of another shape they are refused by the name of their file.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy.typing as npt

from jepatlas.common.base.storage import read_arrays
from jepatlas.noisy_tv.drawing.control import IDLE, LQG
from jepatlas.noisy_tv.drawing.looks import RECIPES

Drawn = dict[str, npt.NDArray[Any]]
Sizes = Mapping[str, Sequence[int | str]]


def series(root: Path, names: Sequence[str], sure: Mapping[str, Collection[str]], k: int) -> Drawn:
    """root: the track's folder of `data`; sure: by recipe, the models that have beliefs; k: the
    components of the signal."""
    unknown = {recipe: (f"{recipe}_scales", f"{recipe}_steps") for recipe in RECIPES}
    oracle = root / "oracle" / "drawn.npz"
    known: Mapping[str, str] = {"scales": "{0}", "true": f"{{0}} {{1}} {k}"}
    found = _read(oracle, unknown, lambda recipe: known)
    sizes: Sizes = {recipe: found[f"{recipe}/true"].shape for recipe in RECIPES}

    def distances(*models: str) -> Callable[[str], dict[str, str]]:
        return lambda recipe: {f"{model}_distance": "{0} way" for model in models}

    def predictions(model: str) -> Callable[[str], dict[str, str]]:
        mean, std = {model: f"{{0}} {{1}} {k}"}, {f"{model}_std": f"{{0}} {k}"}
        return lambda recipe: mean | std if model in sure.get(recipe, ()) else mean

    found |= _read(root / "lqg" / "drawn.npz", sizes, distances(LQG, IDLE))
    for name in names:
        found |= _read(root / "evaluated" / f"{name}.npz", sizes, predictions(name))
        found |= _read(root / "steered" / f"{name}.npz", sizes, distances(name))
    return found


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
