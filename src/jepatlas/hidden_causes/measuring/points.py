"""The points that representations are measured on, the same for every member and method."""

from typing import NamedTuple

import numpy as np

from jepatlas.common.base.random import generator
from jepatlas.hidden_causes.truth.latents import Array
from jepatlas.hidden_causes.truth.parameters import Evaluation
from jepatlas.hidden_causes.truth.worlds import World

SHOWN = 2.5  # a drawn grid of latents goes from -SHOWN to SHOWN
PLANNED = 2.5  # no coordinate of a start or a goal lies further out


class Points(NamedTuple):
    """Latents of a world: `[n, dim]` each; z' is the other view of z."""

    fit: Array
    z: Array
    z_prime: Array


def points(world: World, evaluation: Evaluation, seed: int) -> Points:
    """Drawn as batches are, but that the test part's normal draws have exactly the mean, the
    covariance and, between the views, the correlation of the distribution, and that with each draw
    its mirror image is there: the loss of a linear map comes out exactly, and odd functions are
    exactly uncorrelated with even ones."""
    fit = generator(seed, world.dim, "fit").standard_normal((evaluation.fit, world.dim))
    half = generator(seed, world.dim, "test").standard_normal((evaluation.test // 2, 2 * world.dim))
    test = _whitened(np.concatenate([half, -half]))
    g = test.reshape(len(test), 2, world.dim).swapaxes(0, 1)
    return Points(world.latents(fit), *world.pair(g))


def grid(side: int) -> Array:
    """Two latents on an even grid, `[side, side, 2]`, row by row from below."""
    line = np.linspace(-SHOWN, SHOWN, side)
    return np.stack(np.meshgrid(line, line), axis=-1)


def errands(world: World, evaluation: Evaluation, seed: int) -> tuple[Array, Array]:
    """Starts and goals of plans, `[paths, dim]` each."""
    draws = generator(seed, world.dim, "errands")
    z = world.latents(draws.standard_normal((2, evaluation.paths, world.dim)))
    start, goal = np.clip(z, -PLANNED, PLANNED)
    return start, goal


def _whitened(sample: Array) -> Array:
    values, vectors = np.linalg.eigh(sample.T @ sample / len(sample))
    return sample @ (vectors / np.sqrt(values)) @ vectors.T
