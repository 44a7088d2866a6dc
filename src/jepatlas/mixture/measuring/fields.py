"""A method through training, as fields over the plane that a browser can redraw.

A landscape E(x; x_ref) = -cos(f(x), g(x_ref)) needs the unit embeddings of the grid points only:
E + 1 = |u(x) - v(x_ref)|^2 / 2, so moving the reference is one distance per point. What is kept are
the deviations of u and v from their means, in a dozen or two of their principal axes, counted in
steps that are as fine as the deviations are small: what collapsed has a landscape too, however
shallow it is.
"""

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from jepatlas.common.base.vectors import unit
from jepatlas.common.learning.trained import restore
from jepatlas.mixture.learning.method import Embedding, ScoreMatching
from jepatlas.mixture.measuring.centring import encoders, encoders_about, mean_is_open
from jepatlas.mixture.measuring.points import Settings, array, grid, stacked
from jepatlas.mixture.measuring.results import Arrays

Snapshots = dict[int, dict[str, Tensor]]

SIDE = 81  # grid points per side: a quarter of a unit apart on the published plane
MOMENTS = 14  # states of each method
EARLY = 5  # the first step after 0 that is of interest
STEPS = 500  # that the largest deviation is counted in
LOST = 0.002  # most of the largest squared deviation that any point may lose
NATS = 100  # steps in a nat
SMALL = 41  # grid points per side of the maps of all members
ENERGIES = 200  # steps in 1 of an energy E(x; x_ref)
CEILING = 300  # nats above the lowest energy at which a field ends


def moments(steps: Sequence[int]) -> list[int]:
    """At most `MOMENTS` of the kept steps: the first, then evenly in the logarithm to the last."""
    wanted = [0.0, *np.geomspace(min(EARLY, steps[-1]), steps[-1], MOMENTS - 1)]
    kept = np.log1p(np.array(steps))
    return sorted({steps[int(np.abs(kept - np.log1p(step)).argmin())] for step in wanted})


def embedding_fields(
    method: Embedding, networks: nn.ModuleDict, snapshots: Snapshots, x: Tensor, settings: Settings
) -> Arrays:
    """The first member's unit embeddings of the grid at each moment, `Deviations` of them:
    `field_MOMENT` by the encoder and, where landscapes are seen from another one, `target_MOMENT`
    by that, with `step_MOMENT` and `offset_MOMENT`.

    Networks compute in float64 here, for float32 cannot tell a collapsed embedding from its mean.
    Where float32, which they were trained in, cannot either, `rounding_MOMENT` says so: its largest
    error of a unit embedding. x: points that the mean is taken over where it is open.
    """
    fine = copy.deepcopy(networks).double()
    centred = mean_is_open(method, networks, x)
    coarse = encoders_about(method, networks, x, centred=centred)
    exact = encoders_about(method, fine, x.double(), centred=centred)
    points = stacked(grid(settings.landscape, SIDE).reshape(-1, 2), settings)
    found: Arrays = {"field_steps": np.array(moments(sorted(snapshots)))}
    found |= {"field_side": np.array(SIDE)}
    for moment, step in enumerate(found["field_steps"]):
        for part in (networks, fine):
            restore(part, snapshots[int(step)])
        u, v = (unit(array(encode(points.double())[0])) for encode in exact)
        rough = [unit(array(encode(points)[0])) for encode in coarse]
        error = max(np.linalg.norm(r - e, axis=1).max() for r, e in zip(rough, (u, v), strict=True))
        kept = deviations(u, v)
        found[f"field_{moment}"] = kept.online.T.reshape(-1, SIDE, SIDE)
        if not np.array_equal(u, v):
            found[f"target_{moment}"] = kept.target.T.reshape(-1, SIDE, SIDE)
        found[f"step_{moment}"], found[f"offset_{moment}"] = kept.step, kept.offset
        found[f"rounding_{moment}"] = np.array(error)
    return found


class Deviations(NamedTuple):
    """u and v less their own means, int16 `[n, rank]`; `step`: what a unit of each axis is, and
    `offset`: mean u - mean v, both `[rank]`. So u_i - v_j is about
    `step * (online[i] - target[j]) + offset`, but for what is the same for all i and j."""

    online: npt.NDArray[np.int16]
    target: npt.NDArray[np.int16]
    step: npt.NDArray[np.float64]
    offset: npt.NDArray[np.float64]


def deviations(u: npt.NDArray[Any], v: npt.NDArray[Any]) -> Deviations:
    """Of unit vectors `[n, dim]`. The first axis is that of the offset, which small deviations
    along it count with; the others are principal, as many as `LOST` asks for."""
    offset = u.mean(axis=0) - v.mean(axis=0)
    both = np.concatenate([u - u.mean(axis=0), v - v.mean(axis=0)])
    far = np.linalg.norm(offset)
    first = offset[:, None] / far if far > 0 else np.zeros((len(offset), 1))
    rest = both - both @ first @ first.T
    _, axes = np.linalg.eigh(rest.T @ rest)
    rotated = rest @ axes[:, ::-1]
    left = (rest**2).sum(axis=1)[:, None] - np.cumsum(rotated**2, axis=1)
    rank = int((left.max(axis=0) > LOST * (both**2).sum(axis=1).max()).sum()) + 1
    axes = axes[:, ::-1][:, :rank]
    if far > 0:
        axes = np.concatenate([first, axes], axis=1)
    kept = both @ axes
    extent = np.abs(kept).max(axis=0)
    if far > 0:
        extent[1:] = extent[1:].max()
    else:
        extent[:] = extent.max()
    step = np.where(extent > 0, extent, 1.0) / STEPS
    online, target = np.split(np.round(kept / step).astype(np.int16), 2)
    return Deviations(online, target, step, offset @ axes)


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


def every_member(
    method: Embedding | ScoreMatching,
    networks: nn.ModuleDict,
    x: Tensor,
    reference: npt.NDArray[Any],
    settings: Settings,
) -> Arrays:
    """The landscapes of all members by their networks as they are: `members`, int16
    `[members, SMALL, SMALL]`, in units of `members_step`.

    Those of an embedding are above -1, seen from `reference` `[1, 2]`, which is `members_reference`
    then; those of an energy above their lowest. x: points `[members, n, 2]` that the mean is taken
    over where it is open.
    """
    points = stacked(grid(settings.landscape, SMALL).reshape(-1, 2), settings)
    found: Arrays = {}
    if isinstance(method, Embedding):
        embed, embed_reference = encoders(method, networks, x)
        u = unit(array(embed(points)))
        v = unit(array(embed_reference(stacked(reference, settings))))
        step, above = 1 / ENERGIES, 1 - (u * v).sum(-1)
        found = {"members_reference": reference[0]}
    else:
        energy = array(method.energy(networks, points))
        step = 1 / NATS
        above = (energy - energy.min(axis=1, keepdims=True)).clip(max=CEILING)
    fields = np.round(above / step).astype(np.int16).reshape(-1, SMALL, SMALL)
    return found | {"members": fields, "members_step": np.array(step)}
