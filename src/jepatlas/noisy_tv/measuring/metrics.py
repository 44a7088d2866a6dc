"""What is measured, in NumPy: explained variance, read-outs, calibration, likelihood.

Beliefs are Gaussian: means `[members, time, k]` with one covariance per member, `[members, k, k]`.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.stats import norm

from jepatlas.noisy_tv.truth.system import Array


def r2(target: Array, prediction: Array) -> Array:
    """1 - squared error / squared deviation, the mean over the dimensions.

    target, prediction: `[members, time, k]`. Returns `[members]`.
    """
    error = np.square(target - prediction).sum(1)
    deviation = np.square(target - target.mean(1, keepdims=True)).sum(1)
    score: Array = (1 - error / deviation).mean(-1)
    return score


@dataclass(frozen=True)
class ReadOut:
    """s = z weights + offset + N(0, covariance), by least squares on a training part.

    weights `[members, f, k]`, offset `[members, 1, k]`, covariance `[members, k, k]`.
    """

    weights: Array
    offset: Array
    covariance: Array

    @classmethod
    def fit(cls, z: Array, s: Array) -> Self:
        """z: `[members, time, f]`; s: `[members, time, k]`."""
        n, zc, sc = z.shape[1], _centred(z), _centred(s)
        moments = zc.mT @ zc / n
        weights = np.linalg.pinv(moments, hermitian=True) @ (zc.mT @ sc / n)
        offset = s.mean(1, keepdims=True) - z.mean(1, keepdims=True) @ weights
        covariance = sc.mT @ sc / n - weights.mT @ moments @ weights
        return cls(weights, offset, covariance)

    def __call__(self, z: Array) -> Array:
        return z @ self.weights + self.offset

    def push(self, covariance: Array) -> Array:
        """The covariance of s where z has `covariance`, `[members, f, f] -> [members, k, k]`."""
        return self.weights.mT @ covariance @ self.weights + self.covariance


def coverage(target: Array, mean: Array, covariance: Array, levels: Array) -> Array:
    """Share of components of `target` inside their central intervals, `[levels, members]`."""
    std = np.sqrt(covariance.diagonal(axis1=1, axis2=2))[:, None]
    distance = np.abs(target - mean) / std
    return np.stack([(distance <= norm.ppf((1 + p) / 2)).mean((1, 2)) for p in levels])


def negative_log_likelihood(target: Array, mean: Array, covariance: Array) -> Array:
    """-log N(target; mean, covariance) per point, in nats: `[members, time]`."""
    root = np.linalg.cholesky(covariance)
    error = np.linalg.solve(root, (target - mean).mT)  # [members, k, time]
    log_root = np.log(root.diagonal(axis1=1, axis2=2)).sum(-1)
    constant = target.shape[-1] / 2 * np.log(2 * np.pi) + log_root
    density: Array = np.square(error).sum(1) / 2 + constant[:, None]
    return density


def rmse(target: Array, mean: Array) -> Array:
    """Root of the mean squared error per component, `[members]`."""
    root: Array = np.sqrt(np.square(target - mean).mean((1, 2)))
    return root


def _centred(x: Array) -> Array:
    return x - x.mean(1, keepdims=True)
