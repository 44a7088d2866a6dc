"""What the arrays of a file should be: their types and shapes, in words.

    LAYOUT = {"points": "float64 members n 2", "labels": "int64 n", "*/grid": "float _ side side 2"}

A type is NumPy's, or a `float`, `int` or `text` of any size. A number is a size that an axis must
have; a name, one that is the same wherever it stands; `_`, any. A name of arrays with a `*` is that
of all that match, of which there may be none; sizes are then the same below what stands before the
last `/`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fnmatch import filter as matching
from typing import Any

import numpy as np
import numpy.typing as npt

KINDS = {"float": "f", "int": "iu", "text": "U"}


def check(arrays: Mapping[str, npt.NDArray[Any]], layout: Mapping[str, str]) -> None:
    """Raise `ValueError`, in one line, for the first array that is missing or does not fit."""
    sizes: dict[str, dict[str, int]] = defaultdict(dict)
    for name, words in _each(arrays, layout):
        if name not in arrays:
            raise ValueError(f"lacks the array {name}")
        kind, *axes = words.split()
        found, known = arrays[name], sizes[name.rpartition("/")[0]]
        wanted = [int(axis) if axis.isdigit() else known.get(axis) for axis in axes]
        shape = found.shape
        fits = len(shape) == len(axes) and all(
            want in (size, None) for size, want in zip(shape, wanted, strict=True)
        )
        if not (_is_a(found.dtype, kind) and fits):
            said = ", ".join(
                axis if want is None else f"{want}" for axis, want in zip(axes, wanted, strict=True)
            )
            raise ValueError(
                f"the array {name} should be {kind} [{said}], is {found.dtype} {list(shape)}"
            )
        known |= {axis: size for axis, size in zip(axes, shape, strict=True) if axis != "_"}


def _each(
    arrays: Mapping[str, npt.NDArray[Any]], layout: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """The name of each array that the layout has words for, and these."""
    for name, words in layout.items():
        for own in matching(arrays, name) if "*" in name else [name]:
            yield own, words


def _is_a(found: np.dtype[Any], kind: str) -> bool:
    return found.kind in KINDS[kind] if kind in KINDS else found == kind
