"""What is measured, by name: `WORLD.MEASURE`, such as `mixings.spiral.r2`.

A world's name begins with the block of `hidden_causes.worlds` that it comes from, and its numbers
have `_` in the place of a dot: `mixings.NAME`, `shapes.ALPHA`, `anisotropic.RHO-RHO`,
`grid.TRADE_OFF.RHO`, `dimensions.SIZE`, `arm`. The measures of a method in a world, of each seed:

    r2, r2_back             of z from h and of h from z, by least squares, on other points
    orthogonality           |A'A - I|_F / sqrt(n) of the linear map z -> h; procrustes, what is left
                            of h by the best rotation and scale, as a share of its variance
    correlation             mean |correlation| of latents and outputs, matched one to one
    effective_rank          of h, n at most
    delta, epsilon, bound, error, slack = bound - error: the theorem (Gaussian latents of one rho)
    degree.1, .2, .3, .more shares of Hermite degrees in the variance of h (two Gaussian latents)
    planning.arrived, .ratio  share of plans that reach the goal, and the mean length of these over
                            the straight path's (two latents)

Without training: `observation` has r2 and planning of x itself; `eigenfunctions` and `gaussianised`
have the r2 of the best whitened and the best Gaussian outputs (`kernel.py`).

What is drawn, of the first seed of each world of two latents, is in `.npz` files, as
`WORLD/NAME`: `grid` `[snapshots, side, side, 2]`, a grid of latents as recovered after the steps
`grid_steps`, taken to z by least squares; `paths` `[paths, steps, 2]`, planned, in z. And of each
setting (`plane`, `grid.TRADE_OFF`, `dimensions.SIZE`, `arm`): `SETTING/steps` `[rounds]` and
`SETTING/loss` `[rounds, members]`, all seeds of the first world, then of the next. In the exact
ones `grid` is the grid itself, `WORLD/grid` `[side, side, 2]` as observed, `WORLD/paths` planned in
x, `shapes.ALPHA/eigenfunction` `[2, cells]` the latent and the first eigenfunction of it, and
`arm/pictures` `[rows, columns, 28, 28]`, rows from below, as images are seen with the origin below.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jepatlas.common.measuring.statistics import summary
from jepatlas.hidden_causes.measuring.planning import Plans
from jepatlas.hidden_causes.truth.latents import Array

DRAWN_PATHS = 12
UNBOUNDED = {"error": math.nan, "bound": math.nan}  # of a world without a bound
Row = dict[str, float]  # the measures of one seed in one world
HEADLINES = {  # names that DVC shows: measures
    "coupling": "mixings.coupling.r2",
    "arm": "arm.r2",
}


def summarised(rows: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Of each world's rows, one for each seed, every measure's summary, nested by its name."""
    return nested(
        {
            world: {measure: summary([row[measure] for row in seeds]) for measure in seeds[0]}
            for world, seeds in rows.items()
        }
    )


def by_seed(method: str, rows: Mapping[str, Sequence[Row]]) -> pd.DataFrame:
    """A row for each seed in each world, a column for each measure, those of the bound always."""
    found = [
        {"method": method, "world": world, "seed": seed, **UNBOUNDED, **row}
        for world, seeds in rows.items()
        for seed, row in enumerate(seeds)
    ]
    return pd.DataFrame(found)


def nested(flat: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """World -> measure -> value, both names taken apart at their dots."""
    whole: dict[str, Any] = {}
    for world, measures in flat.items():
        for measure, value in measures.items():
            *parents, last = f"{world}.{measure}".split(".")
            inner = whole
            for parent in parents:
                inner = inner.setdefault(parent, {})
            inner[last] = value
    return whole


def planned(ratio: Array) -> Row:
    """Of one member's plans, `[paths]`: the share that ends at the goal, and the mean length of
    these over the straight one's."""
    arrived = np.isfinite(ratio)
    return {
        "planning.arrived": float(arrived.mean()),
        "planning.ratio": float(ratio[arrived].mean()) if arrived.any() else float("nan"),
    }


def drawn_paths(plans: Plans, member: int) -> Array:
    """The first of a member's paths, `[paths, steps, 2]`."""
    return plans.paths[member, :, :DRAWN_PATHS].swapaxes(0, 1).astype(np.float32)
