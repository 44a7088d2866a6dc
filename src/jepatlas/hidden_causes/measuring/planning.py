"""Planning: the straight line between two points of a representation, as a path of the latents.

The shortest path between two states z is the straight one. Whoever plans in another representation
y(z) goes straight there, and the path that this is in z is longer, or ends nowhere.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from jepatlas.hidden_causes.truth.latents import Array

STEPS = 40  # along the line
NUDGE = 1e-3  # of a latent, for the derivatives of y
STRIDE = 0.5  # the longest that a path goes in one step
ARRIVED = 0.1  # how close to the goal a path must end

Represent = Callable[[Array], Array]  # [members, n, latents] -> [members, n, dim]


class Plans(NamedTuple):
    """paths: `[members, STEPS + 1, paths, latents]`; ratio: their length over that of the straight
    one, `[members, paths]`, NaN where the goal is not reached."""

    paths: Array
    ratio: Array


def plan(represent: Represent, start: Array, goal: Array) -> Plans:
    """Follow the line by Newton's method, from each of its points to the next.

    start, goal: `[members, paths, latents]`.
    """
    first, last = represent(start), represent(goal)
    z = start
    path = [z]
    for step in range(1, STEPS + 1):
        wanted = first + (last - first) * (step / STEPS)
        z = z + _correction(represent, z, wanted)
        path.append(z)
    paths = np.stack(path, axis=1)
    length = np.linalg.norm(np.diff(paths, axis=1), axis=-1).sum(axis=1)
    reached = np.linalg.norm(z - goal, axis=-1) < ARRIVED
    ratio = np.where(reached, length / np.linalg.norm(goal - start, axis=-1), np.nan)
    return Plans(paths, ratio)


def _correction(represent: Represent, z: Array, wanted: Array) -> Array:
    """What takes y(z) to `wanted`, in the least squares sense, to first order."""
    latents = z.shape[-1]
    moved = [z, *(z + NUDGE * axis for axis in np.eye(latents))]
    y = np.split(represent(np.concatenate(moved, axis=-2)), latents + 1, axis=-2)
    slope = np.stack([(other - y[0]) / NUDGE for other in y[1:]], axis=-1)  # [..., dim, latents]
    gram = slope.swapaxes(-1, -2) @ slope
    # The little that is added keeps a collapsed representation from a division by zero.
    gram = gram + 1e-6 * np.trace(gram, axis1=-2, axis2=-1)[..., None, None] * np.eye(latents)
    gram = gram + 1e-30 * np.eye(latents)
    pull = slope.swapaxes(-1, -2) @ (wanted - y[0])[..., None]
    change = np.linalg.solve(gram, pull)[..., 0]
    size = np.linalg.norm(change, axis=-1, keepdims=True)
    return change * np.minimum(1, STRIDE / np.maximum(size, STRIDE))
