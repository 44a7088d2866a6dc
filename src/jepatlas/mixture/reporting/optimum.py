"""The exact optimum of an objective, where it is known, to lay beside what was learned."""

from typing import Any

import numpy as np
import numpy.typing as npt

from jepatlas.common.reporting import packing
from jepatlas.common.reporting.packing import Arrays
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import Landscape

UNITS = 1000  # steps in a unit of -cos


def optimum(evaluated: Arrays, ground: Arrays, plane: Landscape) -> dict[str, Any] | None:
    """`{"title", "units", "fields"}`: the landscape above the lowest of its scale, seen from each
    of the means; of a score the true energy, which is seen from nowhere. None where neither is
    known.

    evaluated: of a method; ground: the points of its mixture.
    """
    if "optimum_landscapes" in evaluated:
        return packed(str(evaluated["optimum_title"]), UNITS, UNITS * above(evaluated))
    if "field_nats" in evaluated:
        nats, side = int(evaluated["field_nats"]), int(evaluated["field_side"])
        mixture = Mixture(ground["weights"], ground["means"], ground["covariances"])
        x, y = np.linspace(*plane.x, side), np.linspace(*plane.y, side)
        energy = -mixture.log_density(np.stack(np.meshgrid(x, y), axis=-1))
        return packed("the true energy", nats, nats * (energy - energy.min()).clip(max=300)[None])
    return None


def above(evaluated: Arrays) -> npt.NDArray[Any]:
    """The optimum's landscapes from 0 to 2, as -cos + 1 is. What is no cosine, such as mutual
    information in nats, is known up to a constant and a factor, the temperature: it is laid on the
    scale from end to end."""
    fields = evaluated["optimum_landscapes"]
    if np.abs(fields).max() > 1.001:
        fields = 2 * (fields - fields.min()) / np.ptp(fields) - 1
    return np.asarray(fields + 1)


def packed(title: str, units: int, fields: npt.NDArray[Any]) -> dict[str, Any]:
    return {"title": title, "units": units, "fields": packing.fields(np.round(fields))}
