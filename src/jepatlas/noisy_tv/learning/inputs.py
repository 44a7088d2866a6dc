"""From observations to what networks see: windows, whitening, the full batch in a few points."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import torch
from scipy.linalg import solve_triangular
from torch import Tensor

from jepatlas.noisy_tv.truth.system import Array

Scaling = Literal["raw", "whitened"]
STEPS_PER_LAG = 4
SMALLEST_VARIANCE = 1e-10  # as a share of the largest: below it, float64 has no digits left


@dataclass(frozen=True)
class Inputs:
    """An affine map of windows, fitted on those of a training part: (x - mean) @ matrix."""

    mean: Array  # [size]
    matrix: Array  # [size, size]

    @classmethod
    def fit(cls, x: Array, scaling: Scaling) -> Self:
        """`raw` leaves x as it is. `whitened` makes the training part x `[n, size]` uncorrelated
        with unit variance (PCA whitening), so that a loud distractor is no louder than the signal
        and gradient descent sees a well-conditioned problem."""
        if scaling == "raw":
            return cls(np.zeros(x.shape[1]), np.eye(x.shape[1]))
        mean = x.mean(0)
        variance, directions = np.linalg.eigh(np.cov(x.T))
        variance = np.maximum(variance, SMALLEST_VARIANCE * variance[-1])
        return cls(mean, directions / np.sqrt(variance))

    def __call__(self, x: Array) -> Array:
        return (x - self.mean) @ self.matrix


def windows(x: Array, frames: int) -> Array:
    """`[time, observation] -> [time - frames + 1, frames * observation]`, oldest frame first."""
    steps = len(x) - frames + 1
    return np.concatenate([x[k : k + steps] for k in range(frames)], axis=1)


def neighbours(windows: Array, frames: int) -> Array:
    """Each window beside the one that follows it without overlap, `[n - frames, 2 size]`."""
    return np.concatenate([windows[:-frames], windows[frames:]], axis=1)


def sigma_points(points: Array) -> Array:
    """2 m points with the mean and the covariance of n others: `[n, m] -> [2 m, m]`.

    Linear networks see data only through losses that are quadratic in the windows, so on these
    points (Julier & Uhlmann 1997: those of the unscented transform) loss and gradient are those of
    the full batch of n, at a hundredth of the cost.
    """
    size = points.shape[1]
    root = np.linalg.cholesky(np.cov(points.T, bias=True)).T * np.sqrt(size)
    return points.mean(0) + np.concatenate([root, -root])


def all_neighbours(series: list[Array], frames: int, device: torch.device) -> Tensor:
    """What stands for all neighbours of each member's windows, `[members, points, 2 size]`."""
    points = np.stack([sigma_points(neighbours(windows, frames)) for windows in series])
    return torch.as_tensor(points, dtype=torch.float32, device=device)


def neighbours_at(series: Tensor, starts: Tensor, frames: int) -> Tensor:
    """The windows at some places, each beside its neighbour: series `[members, n, size]`, starts
    `[members, batch]` -> `[members, batch, 2 size]`."""
    rows = torch.arange(len(series), device=series.device)[:, None]
    return torch.cat([series[rows, starts], series[rows, starts + frames]], dim=-1)


def autoregressive_order(x: Sequence[Array], most: int) -> int:
    """How many frames of the past tell something of the next one, `most` or fewer.

    The order p of a vector autoregression with the least of Akaike's criterion (1974, IEEE Trans.
    Automatic Control 19), n log det(residual covariance) + 2 p observation^2, summed over series of
    one length, x `[time, observation]` each. Orders that leave fewer than `STEPS_PER_LAG` steps to
    a coefficient are not tried.
    """
    time, observation = x[0].shape
    most = min(most, max(time // (STEPS_PER_LAG * observation), 1))
    return 1 + int(np.argmin(sum(_criterion(one, most) for one in x)))


def _criterion(x: Array, most: int) -> Array:
    """Akaike's, of orders 1 to `most`, from one Cholesky factor of the lags, the latest first."""
    size, n = x.shape[1], len(x) - most
    x = Inputs.fit(x, "whitened")(x)
    lagged = np.concatenate([x[most - p : len(x) - p] for p in range(1, most + 1)], axis=1)
    future = x[most:]
    root = np.linalg.cholesky(lagged.T @ lagged / n)
    told = solve_triangular(root, lagged.T @ future / n, lower=True).reshape(most, size, size)
    residual = future.T @ future / n - np.cumsum(told.mT @ told, axis=0)
    orders = np.arange(1, most + 1)
    criterion: Array = n * np.linalg.slogdet(residual)[1] + 2 * orders * size**2
    return criterion
