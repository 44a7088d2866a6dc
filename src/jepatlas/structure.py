"""What DVC needs of params.yaml before it can make stages out of dvc.yaml.

Looked at before DVC does, whose own messages about it name neither key nor cure. Quick: without
pydantic, without any module of a track, without torch.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jepatlas.common.base import tracks
from jepatlas.common.base.yaml_file import PARAMS, InputError, shown

PIPELINE = Path("dvc.yaml")
NAME = re.compile(r"[a-z][a-z0-9_]*")
# `${mixture.methods}`, with what stands directly before it, such as `mixture.mixtures.`; `${key}`
# and `${item.family}` are of the loop over a block's methods.
INSERTED = re.compile(r"([\w.]+\.)?\$\{(?!key\b|item\b)([\w.]+)\}")
ALONE = re.compile(r'"\$\{([\w.]+)\}"')  # all of an entry, so it is the path of a dependency
OBJECTIVES = Path(__file__).parent / "objectives"


def structure(params: Mapping[str, Any]) -> None:
    """Every track's methods, by their names, and their families; then all else that dvc.yaml, in
    the current folder, inserts. Raises `InputError` for the first thing that is wrong."""
    for track in tracks.names():
        block = params.get(track)
        if not isinstance(block, Mapping):
            raise _wrong(track, "a block of parameters", block)
        methods = block.get("methods")
        if not isinstance(methods, Mapping) or not methods:
            raise _wrong(f"{track}.methods", "a block with one method or more", methods)
        for name, method in methods.items():
            _check_method(f"{track}.methods.{name}", name, method)
    if PIPELINE.exists():
        pipeline = PIPELINE.read_text(encoding="utf-8")
        for before, key in INSERTED.findall(pipeline):
            _check_inserted(params, key, before.rstrip("."))
        for key in ALONE.findall(pipeline):
            if not Path(path := str(_at(params, key))).exists():
                raise InputError(f"{PARAMS}: {key}: there is no {shown(path)}")


def _check_method(key: str, name: Any, method: Any) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InputError(
            f"{PARAMS}: {shown(key)}: the name of a method has small letters, digits and "
            "underscores, and begins with a letter"
        )
    if not isinstance(method, Mapping):
        raise _wrong(key, "a block of parameters", method)
    if "family" not in method:
        raise InputError(
            f"{PARAMS}: {key}.family: missing; it names the file of objectives/ that the loss "
            "comes from"
        )
    families = sorted(file.stem for file in OBJECTIVES.glob("[a-z]*.py") if file.stem != "checks")
    if method["family"] not in families:
        raise _wrong(f"{key}.family", f"one of {', '.join(families)}", method["family"])


def _check_inserted(params: Mapping[str, Any], key: str, block: str) -> None:
    """block: the key whose part the value is meant to name; empty where it may be any."""
    found = _at(params, key)
    choices = _at(params, block) if block else None
    if isinstance(found, Mapping) and not block:  # looped over
        return
    if not isinstance(found, str | int | float) or found == "":
        raise _wrong(key, "a name", found)
    if isinstance(choices, Mapping) and found not in choices:
        raise _wrong(key, f"one of {', '.join(map(str, choices))}", found)


def _at(params: Mapping[str, Any], key: str) -> Any:
    """The value at a dotted key; None where there is none."""
    found: Any = params
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _wrong(key: str, wanted: str, found: Any) -> InputError:
    return InputError(f"{PARAMS}: {key}: should be {wanted}, is {shown(found)}")
