"""Directions of vectors, in NumPy."""

from typing import Any

import numpy as np
import numpy.typing as npt


def unit(z: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Vectors of length 1 in the directions of z; a zero vector stays zero."""
    length = np.linalg.norm(z, axis=-1, keepdims=True)
    return z / np.where(length > 0, length, 1)
