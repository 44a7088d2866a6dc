"""Validate the methods' blocks of params.yaml, each by its own module."""

from typing import Any

from jepatlas.common.base.parameters import PARAMS, InputError
from jepatlas.noisy_tv.learning.method import load
from jepatlas.noisy_tv.truth.parameters import Recipes
from jepatlas.noisy_tv.truth.settings import others
from jepatlas.noisy_tv.truth.system import System


def check(block: Any) -> None:
    """block: the track's `Parameters`. Raises `InputError` for the first thing that is wrong."""
    settings = [(recipe, block.system) for recipe in Recipes.model_fields]
    settings += [(one.recipe, one.system) for one in others(block.system, block.partially_observed)]
    for name in block.methods:
        for recipe, system in settings:
            _check_one(name, recipe, system, block.data.train)


def _check_one(name: str, recipe: str, system: System, train: int) -> None:
    method = load(name, recipe, system)
    numbers = 0 if method.frames == "aic" else 2 * method.frames * system.observation
    if numbers >= train:
        raise InputError(
            f"{PARAMS}: noisy_tv.methods.{name}.{recipe}.frames: two windows of {method.frames} "
            f"frames have {numbers} numbers, and noisy_tv.data.train should be more than that, "
            f"is {train}"
        )
