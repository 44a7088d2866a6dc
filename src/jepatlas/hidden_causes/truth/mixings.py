"""Mixings: smooth maps from latents to observations, with their inverses.

The four of Klindt, LeCun and Balestriero (arXiv 2605.26379). Arrays are `[..., n]`; three of the
mixings are of the plane, coupling layers are of any even dimension.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from scipy.stats import ortho_group

from jepatlas.common.base.random import generator
from jepatlas.hidden_causes.truth.latents import Array


class Mixing(NamedTuple):
    """x = mix(z) and z = unmix(x)."""

    mix: Callable[[Array], Array]
    unmix: Callable[[Array], Array]


def spiral(z: Array) -> Array:
    """R(pi |z|) z: each point is turned by half a turn for each unit of its distance."""
    return _turned(z, np.pi)


def unspiral(x: Array) -> Array:
    return _turned(x, -np.pi)


def banana(z: Array) -> Array:
    """(z0, z1 + z0^2)."""
    return np.stack([z[..., 0], z[..., 1] + z[..., 0] ** 2], axis=-1)


def unbanana(x: Array) -> Array:
    return np.stack([x[..., 0], x[..., 1] - x[..., 0] ** 2], axis=-1)


def shear(z: Array) -> Array:
    """(z0 + sin 1.5 z1, z1)."""
    return np.stack([z[..., 0] + np.sin(1.5 * z[..., 1]), z[..., 1]], axis=-1)


def unshear(x: Array) -> Array:
    return np.stack([x[..., 0] - np.sin(1.5 * x[..., 1]), x[..., 1]], axis=-1)


def coupling(dim: int, layers: int) -> Mixing:
    """Additive coupling layers (NICE: Dinh et al. 2015, arXiv 1410.8516, with a tanh):

        (z1, z2) -> (z2 + tanh(z1 W), z1),   W twice a random orthogonal matrix.

    dim: even.
    """
    weights = coupling_weights(dim, layers)

    def mix(z: Array) -> Array:
        first, second = np.split(z, 2, axis=-1)
        for weight in weights:
            first, second = second + np.tanh(first @ weight), first
        return np.concatenate([first, second], axis=-1)

    def unmix(x: Array) -> Array:
        first, second = np.split(x, 2, axis=-1)
        for weight in weights[::-1]:
            first, second = second, first - np.tanh(second @ weight)
        return np.concatenate([first, second], axis=-1)

    return Mixing(mix, unmix)


@cache
def coupling_weights(dim: int, layers: int) -> Array:
    """W of each layer, `[layers, dim / 2, dim / 2]`, the same for everybody."""
    draws = generator(0, dim, "coupling layers")
    half = dim // 2
    if half == 1:  # the orthogonal numbers
        orthogonal = draws.choice([-1.0, 1.0], size=(layers, 1, 1))
    else:
        orthogonal = ortho_group.rvs(half, size=layers, random_state=draws).reshape(-1, half, half)
    return (2 * orthogonal).astype(np.float32)


PLANE = {
    "spiral": Mixing(spiral, unspiral),
    "banana": Mixing(banana, unbanana),
    "shear": Mixing(shear, unshear),
}
NAMES = (*PLANE, "coupling")


def find(name: str, dim: int, layers: int) -> Mixing:
    return coupling(dim, layers) if name == "coupling" else PLANE[name]


def _turned(z: Array, rate: float) -> Array:
    angle = rate * np.linalg.norm(z, axis=-1)
    cos, sin = np.cos(angle), np.sin(angle)
    first, second = z[..., 0], z[..., 1]
    return np.stack([cos * first - sin * second, sin * first + cos * second], axis=-1)
