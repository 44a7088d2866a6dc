"""Methods are modules with a class `Method`, found by the name that they have in params.yaml."""

import importlib
import pkgutil
from types import ModuleType
from typing import Any

from jepatlas.common.base.parameters import PARAMS, InputError, section
from jepatlas.common.learning.family import check_family


def names(package: ModuleType) -> list[str]:
    """Every method there is a module for in a track's package `methods`."""
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def find(package: ModuleType, name: str, key: str) -> Any:
    """The class of the method `name`; where there is none, an `InputError` that names its key."""
    known = names(package)
    if name not in known:
        raise InputError(f"{PARAMS}: {key}: unknown method; there are: {', '.join(known)}")
    return importlib.import_module(f"{package.__name__}.{name}").Method


def load(package: ModuleType, name: str, key: str) -> Any:
    """The method `name` with its block of params.yaml at `key`, validated; its `family` must be
    the file that its loss comes from."""
    method = section(key, find(package, name, key))
    check_family(type(method), method.family, key)
    return method
