"""Validate the methods' blocks of params.yaml, each by its own module."""

from typing import Any

from jepatlas.mixture.learning.method import load


def check(block: Any) -> None:
    """block: the track's `Parameters`. Raises `InputError` for the first thing that is wrong."""
    for name in block.methods:
        load(name)
