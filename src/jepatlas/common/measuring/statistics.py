"""Numbers that more than one track reports."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special


def summary(values: npt.ArrayLike) -> dict[str, float]:
    """Mean, half width of its 95 % interval, minimum and maximum over members.

    values: `[members]`. The interval is Student's; with one member its width is unknown (NaN).
    """
    members = np.asarray(values, dtype=np.float64)
    n = len(members)
    deviation = members.std(ddof=1) if n > 1 else np.nan
    half_width = special.stdtrit(max(n - 1, 1), 0.975) * deviation / np.sqrt(n)
    return {
        "mean": float(members.mean()),
        "ci95": float(half_width),
        "min": float(members.min()),
        "max": float(members.max()),
    }


def over_members(values: npt.ArrayLike) -> dict[str, Any]:
    """`summary`, and the values themselves: differences of two measures are then taken member by
    member, as members of the same number share their data and their seed."""
    return summary(values) | {"members": [float(value) for value in np.asarray(values)]}


def by_member(measure: Callable[..., float], *arrays: Iterable[Any]) -> dict[str, Any]:
    """`over_members` of a measure of each member's own part of `arrays`, `[members, ...]`."""
    return over_members([measure(*own) for own in zip(*arrays, strict=True)])


def effective_rank(z: npt.NDArray[Any]) -> float:
    """RankMe (Garrido et al. 2023, arXiv 2210.02885): exp of the entropy of the singular values.

    Between 1 and min(n, dim); not centred, as in the paper, so a constant map has rank 1.
    """
    singular = np.linalg.svd(z, compute_uv=False)
    p = singular / singular.sum()
    p = p[p > 0]
    return float(np.exp(-(p * np.log(p)).sum()))
