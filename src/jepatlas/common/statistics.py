"""Summaries over the members of an ensemble."""

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
