"""A ray from the origin of the plane, whose points are seen through noise."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ray:
    slope: float

    @property
    def direction(self) -> Array:
        """Of length one, `[2]`."""
        return np.array([1, self.slope]) / np.hypot(1, self.slope)
