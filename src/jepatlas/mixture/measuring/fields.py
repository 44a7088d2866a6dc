"""A method through training, as fields over the plane that a browser can redraw.

A landscape E(x; x_ref) = -cos(f(x), g(x_ref)) needs the unit embeddings of the grid points only:
moving the reference is then one dot product per point. Rotated to their principal axes, a dozen
or two of the 64 coordinates hold all but `LOST` of every unit vector, and one for what collapsed.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from jepatlas.common.base.vectors import unit
from jepatlas.common.learning.trained import restore
from jepatlas.mixture.learning.method import ScoreMatching
from jepatlas.mixture.measuring.centring import Encoders
from jepatlas.mixture.measuring.points import Settings, array, grid, stacked

Arrays = dict[str, npt.NDArray[Any]]
Snapshots = dict[int, dict[str, Tensor]]

SIDE = 81  # grid points per side: a quarter of a unit apart on the published plane
MOMENTS = 14  # states of each method
EARLY = 5  # the first step after 0 that is of interest
UNIT = 500  # steps in a coordinate of length 1
LOST = 0.004  # most that a unit vector may lose of its squared length
NATS = 100  # steps in a nat
CEILING = 300  # nats above the lowest energy at which a field ends


def moments(steps: Sequence[int]) -> list[int]:
    """At most `MOMENTS` of the kept steps: the first, then evenly in the logarithm to the last."""
    wanted = [0.0, *np.geomspace(min(EARLY, steps[-1]), steps[-1], MOMENTS - 1)]
    kept = np.log1p(np.array(steps))
    return sorted({steps[int(np.abs(kept - np.log1p(step)).argmin())] for step in wanted})


def embedding_fields(
    encoders: Encoders, networks: nn.ModuleDict, snapshots: Snapshots, settings: Settings
) -> Arrays:
    """The first member's unit embeddings of the grid at each moment, in principal coordinates:
    `field_MOMENT` `[rank, SIDE, SIDE]` by the encoder and, where landscapes are seen from another
    one, `target_MOMENT` by that; int16, `field_unit` steps in a coordinate of length 1."""
    x = stacked(grid(settings.landscape, SIDE).reshape(-1, 2), settings)
    embed, embed_reference = encoders
    found: Arrays = {"field_steps": np.array(moments(sorted(snapshots)))}
    found |= {"field_side": np.array(SIDE), "field_unit": np.array(UNIT)}
    for moment, step in enumerate(found["field_steps"]):
        restore(networks, snapshots[int(step)])
        u = unit(array(embed(x)[0]))
        target = unit(array(embed_reference(x)[0]))
        both = [u] if np.array_equal(u, target) else [u, target]
        rotated = np.round(principal(np.concatenate(both)) * UNIT).astype(np.int16)
        for name, field in zip(("field", "target"), np.split(rotated, len(both)), strict=False):
            found[f"{name}_{moment}"] = field.T.reshape(-1, SIDE, SIDE)
    return found


def principal(u: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Unit vectors `[n, dim]` in as few of their principal coordinates as `LOST` allows."""
    _, axes = np.linalg.eigh(u.T @ u)
    rotated = u @ axes[:, ::-1]
    lost = (1 - np.cumsum(rotated**2, axis=1)).max(axis=0)
    return np.asarray(rotated[:, : int((lost > LOST).sum()) + 1][:, : u.shape[1]])


def energy_fields(
    method: ScoreMatching, networks: nn.ModuleDict, snapshots: Snapshots, settings: Settings
) -> Arrays:
    """The first member's energy above its lowest value on the grid at each moment: `energy_MOMENT`
    `[SIDE, SIDE]`, int16, `field_nats` steps in a nat."""
    x = stacked(grid(settings.landscape, SIDE).reshape(-1, 2), settings)
    found: Arrays = {"field_steps": np.array(moments(sorted(snapshots)))}
    found |= {"field_side": np.array(SIDE), "field_nats": np.array(NATS)}
    for moment, step in enumerate(found["field_steps"]):
        restore(networks, snapshots[int(step)])
        energy = array(method.energy(networks, x)[0])
        above = np.round((energy - energy.min()).clip(max=CEILING) * NATS)
        found[f"energy_{moment}"] = above.astype(np.int16).reshape(SIDE, SIDE)
    return found
