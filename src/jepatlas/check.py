"""Validate the whole of params.yaml before anything runs: `python -m jepatlas.check`.

Each stage validates what it reads; this also finds what no stage reads, such as a mistyped key, and
what DVC trips over when it makes the stages out of params.yaml (`structure`).
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import create_model

from jepatlas.common.base import parameters, stage, tracks
from jepatlas.common.base.parameters import PARAMS, Device, InputError, Note, Section, Seed

NAME = re.compile(r"[a-z][a-z0-9_]*")
OBJECTIVES = Path(__file__).parent / "objectives"


def structure(params: Mapping[str, Any]) -> None:
    """What dvc.yaml makes stages of: every track's methods, by their names, and their families.

    Quick, as it imports no method and no torch. Raises `InputError` for the first thing that is
    wrong.
    """
    for track in tracks.names():
        block = params.get(track)
        if not isinstance(block, Mapping):
            raise InputError(f"{PARAMS}: {track}: {_should_be('a block of parameters', block)}")
        methods = block.get("methods")
        if not isinstance(methods, Mapping) or not methods:
            wanted = "a block with one method or more"
            raise InputError(f"{PARAMS}: {track}.methods: {_should_be(wanted, methods)}")
        for name, method in methods.items():
            _check_method(f"{track}.methods.{name}", name, method)


def _check_method(key: str, name: Any, method: Any) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InputError(
            f"{PARAMS}: {key}: the name of a method has small letters, digits and underscores, and "
            "begins with a letter"
        )
    if not isinstance(method, Mapping):
        raise InputError(f"{PARAMS}: {key}: {_should_be('a block of parameters', method)}")
    if "family" not in method:
        raise InputError(
            f"{PARAMS}: {key}.family: missing; it names the file of objectives/ that the loss "
            "comes from"
        )
    families = sorted(file.stem for file in OBJECTIVES.glob("[a-z]*.py") if file.stem != "checks")
    if method["family"] not in families:
        wanted = f"one of {', '.join(families)}"
        raise InputError(f"{PARAMS}: {key}.family: {_should_be(wanted, method['family'])}")


def _should_be(wanted: str, found: Any) -> str:
    return f"should be {wanted}, is {found!r}"


def everything(params: Mapping[str, Any]) -> None:
    """The whole of params.yaml, each method by its own module."""
    structure(params)
    blocks = {track: (tracks.block(track), ...) for track in tracks.names()}
    top: dict[str, Any] = {"seed": (Seed, ...), "device": (Device, ...), "note": (Note, ...)}
    model = create_model("Everything", __base__=Section, **(top | blocks))
    valid = parameters.validate(params, model, key="")
    for track in blocks:
        module = tracks.module(track, "learning.check")
        if module:
            module.check(getattr(valid, track))


def main() -> None:
    everything(parameters.read())


if __name__ == "__main__":
    stage.run(main)
