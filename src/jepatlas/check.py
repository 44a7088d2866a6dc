"""Validate the whole of params.yaml before anything runs: `python -m jepatlas.check`.

Each stage validates what it reads; this also finds what no stage reads, such as a mistyped key.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import create_model

from jepatlas.common.base import parameters, stage, tracks
from jepatlas.common.base.parameters import (
    PARAMS,
    Arithmetic,
    Device,
    InputError,
    Note,
    Section,
    Seed,
)
from jepatlas.common.learning import methods
from jepatlas.structure import structure


def everything(params: Mapping[str, Any]) -> None:
    """The whole of params.yaml, each method by its own module. Raises `InputError` for the first
    thing that is wrong."""
    structure(params)
    names = tuple(tracks.names())
    valid = parameters.validate(params, _model(names), key="")
    if (params["device"], params["arithmetic"]) == ("cuda", "portable"):
        why = "is 'cuda', but arithmetic is 'portable': on the CPU"
        raise InputError(f"{PARAMS}: device: {why}")
    for track in names:
        module = tracks.module(track, "learning.check")
        if module:
            module.check(getattr(valid, track))
        else:
            check_methods(track)


@cache
def _model(names: tuple[str, ...]) -> type[Section]:
    """Of the whole file; names: the tracks."""
    blocks = {track: (tracks.block(track), ...) for track in names}
    top: dict[str, Any] = {
        "seed": (Seed, ...),
        "device": (Device, ...),
        "arithmetic": (Arithmetic, ...),
        "note": (Note, ...),
    }
    return create_model("Everything", __base__=Section, **(top | blocks))


def check_methods(track: str) -> None:
    """Of a track with nothing else to check: every method by its own module."""
    package = tracks.module(track, "methods")
    if package:
        for name in parameters.value(f"{track}.methods"):
            methods.load(package, name, f"{track}.methods.{name}")


def main() -> None:
    everything(parameters.read())


if __name__ == "__main__":
    stage.run(main)
