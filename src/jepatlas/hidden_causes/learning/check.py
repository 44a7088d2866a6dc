"""Validate the methods' blocks of params.yaml, each by its own module."""

from typing import Any

from jepatlas.hidden_causes.learning.method import changed, load
from jepatlas.hidden_causes.truth.worlds import settings


def check(block: Any) -> None:
    """block: the track's `Parameters`. Raises `InputError` for the first thing that is wrong."""
    for name in block.methods:
        method = load(name)
        for setting in settings(block.worlds, block.seeds, method.suites):
            changed(method, setting, name)
