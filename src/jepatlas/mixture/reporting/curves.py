"""Loss and spread of every member through training, by the default recipe."""

from typing import Any

import numpy as np
import numpy.typing as npt

from jepatlas.common.reporting.packing import Arrays

POINTS = 40  # of a curve at most: more would not be seen


def curves(evaluated: Arrays) -> dict[str, Any]:
    """A curve per member of all that was followed: `{"steps": [points], "members": [k][points]}`.

    evaluated: the arrays that `mixture_evaluate` wrote of a method; an energy has no spread.
    """
    found = {"loss": curve(evaluated["steps"], evaluated["losses"])}
    if "spread" in evaluated:
        found["spread"] = curve(evaluated["snapshot_steps"], evaluated["spread"])
    return found


def curve(steps: npt.NDArray[Any], values: npt.NDArray[Any]) -> dict[str, Any]:
    """values: `[steps, members]`, of which points even in the logarithm of the step are kept."""
    wanted = np.geomspace(1, 1 + steps[-1], POINTS) - 1
    places = sorted({int(np.abs(steps - step).argmin()) for step in wanted})
    members = [[float(f"{one:.3g}") for one in line] for line in values[places].T]
    return {"steps": steps[places].tolist(), "members": members}
