"""What every part of an evaluation returns."""

from typing import Any

import numpy.typing as npt

Metrics = dict[str, Any]  # nested; at the leaves a summary over members, or an exact number
Arrays = dict[str, npt.NDArray[Any]]  # what figures and the page are drawn from
