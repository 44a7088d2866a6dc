"""Validate the methods' blocks of params.yaml, each by its own module."""

from typing import Any

from jepatlas.noisy_tv.learning.method import load
from jepatlas.noisy_tv.truth.parameters import Recipes


def check(block: Any) -> None:
    """block: the track's `Parameters`. Raises `InputError` for the first thing that is wrong."""
    for name in block.methods:
        for recipe in Recipes.model_fields:
            load(name, recipe, block.system)
