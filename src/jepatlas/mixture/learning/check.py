"""Validate the methods' blocks of params.yaml, each by its own module, and the mixtures' names."""

from collections.abc import Collection
from typing import Any

from jepatlas.common.base.parameters import PARAMS, InputError
from jepatlas.mixture.learning.method import load_all


def check(block: Any) -> None:
    """block: the track's `Parameters`. Raises `InputError` for the first thing that is wrong."""
    _is_one_of(block.mixtures, block.mixture, "mixture.mixture")
    for name in block.methods:
        for recipe, method in load_all(name).items():
            if method.mixture is not None:
                key = f"mixture.methods.{name}.{recipe}.mixture"
                _is_one_of(block.mixtures, method.mixture, key)


def _is_one_of(known: Collection[str], name: str, key: str) -> None:
    if name not in known:
        raise InputError(f"{PARAMS}: {key}: should be one of {', '.join(known)}, is {name!r}")
