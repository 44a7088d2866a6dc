"""The family of a method: the file of `objectives/` that its loss comes from, which DVC watches."""

import pkgutil
import sys
from types import ModuleType
from typing import Annotated, Any

from pydantic import AfterValidator

from jepatlas import objectives
from jepatlas.common.base.parameters import PARAMS, InputError


def _is_a_family(value: str) -> str:
    modules = {module.name for module in pkgutil.iter_modules(objectives.__path__)}
    families = sorted(modules - {"checks"})
    if value not in families:
        raise ValueError(f"should be one of {', '.join(families)}")
    return value


Family = Annotated[str, AfterValidator(_is_a_family)]


def families(method: Any) -> list[str]:
    """The files of `objectives/` that the module of a method's class takes names from."""
    package = f"{objectives.__name__}."
    found = set()
    for thing in vars(sys.modules[method.__module__]).values():
        source = thing.__name__ if isinstance(thing, ModuleType) else _module_of(thing)
        if source.startswith(package):
            found.add(source.removeprefix(package))
    return sorted(found - {"checks"})


def _module_of(thing: Any) -> str:
    found = getattr(thing, "__module__", "")
    return found if isinstance(found, str) else ""


def check_family(method: Any, family: str, key: str) -> None:
    """`InputError` unless `family` is the one file that the loss of the method's class comes from:
    DVC would watch another, and not see when the loss changes.

    key: of the method in params.yaml.
    """
    used = families(method)
    if len(used) != 1:
        files = ", ".join(used) or "none"
        raise InputError(
            f"{method.__module__}: its loss should come from one file of objectives/, which "
            f"{key}.family names; it takes names from: {files}"
        )
    if used != [family]:
        raise InputError(
            f"{PARAMS}: {key}.family: should be '{used[0]}', the file of objectives/ that the loss "
            f"comes from, is {family!r}"
        )
