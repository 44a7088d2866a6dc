"""What the arrays of a file should be: their types and shapes, in words.

    LAYOUT = {"points": "float64 members n 2", "labels": "int64 n"}

A number is a size that an axis must have; a name, one that is the same wherever it stands.
"""

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt


def check(arrays: Mapping[str, npt.NDArray[Any]], layout: Mapping[str, str]) -> None:
    """Raise `ValueError`, in one line, for the first array that is missing or does not fit."""
    sizes: dict[str, int] = {}
    for name, words in layout.items():
        kind, *axes = words.split()
        if name not in arrays:
            raise ValueError(f"lacks the array {name}")
        found = arrays[name]
        wanted = [int(axis) if axis.isdigit() else sizes.get(axis) for axis in axes]
        shape = found.shape
        fits = len(shape) == len(axes) and all(
            want in (size, None) for size, want in zip(shape, wanted, strict=True)
        )
        if found.dtype != kind or not fits:
            known = ", ".join(
                axis if want is None else f"{want}" for axis, want in zip(axes, wanted, strict=True)
            )
            raise ValueError(
                f"the array {name} should be {kind} [{known}], is {found.dtype} {list(shape)}"
            )
        sizes |= zip(axes, shape, strict=True)
