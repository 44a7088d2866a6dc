"""The tracks of the atlas, found by looking: each folder of the package with a module `track`.

`track.py` says what a track is called (`TITLE`) and what its block of params.yaml looks like
(`Parameters`, a `Section`). Other modules of a track are looked for by their place, such as
`reporting/claims.py`; a track need not have all of them.
"""

import importlib
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from jepatlas.common.base.yaml_file import read

PACKAGE = __name__.partition(".")[0]


def names() -> list[str]:
    """Every track, by the name of its folder and of its block in params.yaml."""
    root = Path(__file__).resolve().parents[2]
    return sorted(file.parent.name for file in root.glob("*/track.py"))


def in_order() -> list[str]:
    """The tracks that have a block in params.yaml, in the order of these blocks."""
    known = names()
    return [key for key in read() if key in known]


def module(track: str, place: str) -> ModuleType | None:
    """A module of a track by its dotted place below it, such as `reporting.claims`; None where the
    track has none."""
    name = f"{PACKAGE}.{track}.{place}"
    try:
        found = find_spec(name)
    except ModuleNotFoundError:  # the room itself is missing
        return None
    return importlib.import_module(name) if found else None


def title(track: str) -> str:
    """What a track is called in texts and figures."""
    return str(_declared(track).TITLE)


def block(track: str) -> Any:
    """The model of a track's block in params.yaml, a `Section`."""
    return _declared(track).Parameters


def _declared(track: str) -> ModuleType:
    return importlib.import_module(f"{PACKAGE}.{track}.track")
