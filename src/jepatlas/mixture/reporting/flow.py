"""The learned score beside the exact one, and particles that follow it: Langevin dynamics."""

from typing import Any

import numpy as np

from jepatlas.common.reporting import packing
from jepatlas.common.reporting.packing import Arrays
from jepatlas.mixture.truth.parameters import Landscape

PARTICLES = 150  # of those that were moved


def flow(evaluated: Arrays, plane: Landscape) -> dict[str, Any] | None:
    """Arrows where they start, `[n, 2]`, and where particles went, `[frames, PARTICLES, 2]`, as
    plain Langevin dynamics has them and with its steps corrected; None of what has no score."""
    if "adjusted_path" not in evaluated:
        return None
    low, high = np.transpose([plane.x, plane.y])
    reach = high - low  # what diverges ends this far outside, and leaves the others their precision
    paths = {
        kind: np.nan_to_num(evaluated[f"{kind}_path"][:, :PARTICLES], nan=1e9)
        for kind in ("unadjusted", "adjusted")
    }
    return {
        "frames": len(paths["adjusted"]),
        **{key: packing.stepped(evaluated[key]) for key in ("arrows", "score", "exact_score")},
        **{
            kind: packing.stepped(path.clip(low - reach, high + reach))
            for kind, path in paths.items()
        },
    }
