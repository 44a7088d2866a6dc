"""Parameters so small that the whole pipeline takes seconds: for the demo, and for the tests.

What all tracks call alike is made small here. What else a track has is made small by the module of
this package that is named as the track is, where there is one:

    def shrink(block): ...  # in place, after what is done here
    def show(block): ...    # may be left out: what a demo needs more of than a test
"""

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Params = dict[str, Any]
OF_A_TRACK = {"members": 2, "seeds": 2, "snapshots": 4}  # at most so many
OF_A_METHOD = {"steps": 40, "epochs": 2, "batch": 32}
WIDTHS = ("widths", "hidden", "predictor", "expander")


def shrink(params: Params) -> None:
    """Few members, points and steps for every method that there is."""
    for track, block in _tracks(params):
        _limit(block, OF_A_TRACK)
        for method in block["methods"].values():
            _shrink_method(method)
        _own(track, "shrink", block)


def show(params: Params) -> None:
    """Small parameters made larger where pictures would mean nothing otherwise."""
    for track, block in _tracks(params):
        _own(track, "show", block)


def keep(params: Params, methods: Mapping[str, tuple[str, ...]]) -> None:
    """Of each track, only the methods that are named."""
    for track, names in methods.items():
        block = params[track]
        block["methods"] = {name: block["methods"][name] for name in names}


def _tracks(params: Params) -> Iterator[tuple[str, Params]]:
    """The blocks of params.yaml, which are the tracks'; all else in it is a single value."""
    return ((key, block) for key, block in params.items() if isinstance(block, dict))


def _own(track: str, task: str, block: Params) -> None:
    """What the module of a track has for a task, if it is there and has something."""
    if Path(__file__).with_name(f"{track}.py").exists():
        module = importlib.import_module(f"{__name__}.{track}")
        getattr(module, task, lambda block: None)(block)


def _shrink_method(method: Params) -> None:
    """A method's block, and those of its recipes."""
    _limit(method, OF_A_METHOD)
    for key, value in method.items():
        if key in WIDTHS:
            method[key] = [8, 8]
        elif isinstance(value, dict):
            _shrink_method(value)


def _limit(block: Params, most: Mapping[str, int]) -> None:
    block |= {key: min(block[key], number) for key, number in most.items() if key in block}
