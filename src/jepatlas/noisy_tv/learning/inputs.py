"""From observations to what networks see: whitening, windows, the full batch in a few points."""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import torch
from torch import Tensor

from jepatlas.noisy_tv.truth.system import Array

Scaling = Literal["raw", "whitened"]
SMALLEST_VARIANCE = 1e-10  # as a share of the largest: below it, float64 has no digits left


@dataclass(frozen=True)
class Inputs:
    """An affine map of the observations, fitted on a training part: (x - mean) @ matrix."""

    mean: Array  # [observation]
    matrix: Array  # [observation, observation]

    @classmethod
    def fit(cls, x: Array, scaling: Scaling) -> Self:
        """`raw` leaves x as it is. `whitened` makes the training part x `[n, observation]`
        uncorrelated with unit variance (PCA whitening), so that a loud distractor is no louder than
        the signal and gradient descent sees a well-conditioned problem."""
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


def sigma_points(windows: Array) -> Array:
    """2 m points with the mean and the covariance of n windows: `[n, m] -> [2 m, m]`.

    Linear networks see data only through losses that are quadratic in the windows, so on these
    points (Julier & Uhlmann 1997: those of the unscented transform) loss and gradient are those of
    the full batch of n, at a hundredth of the cost.
    """
    size = windows.shape[1]
    root = np.linalg.cholesky(np.cov(windows.T, bias=True)).T * np.sqrt(size)
    return windows.mean(0) + np.concatenate([root, -root])


def all_windows(x: list[Array], frames: int, device: torch.device) -> Tensor:
    """What stands for all windows of each member, `[members, points, frames * observation]`."""
    points = np.stack([sigma_points(windows(member, frames)) for member in x])
    return torch.as_tensor(points, dtype=torch.float32, device=device)


def windows_at(series: Tensor, starts: Tensor, frames: int) -> Tensor:
    """The windows that begin at some steps: series `[members, time, observation]`, starts
    `[members, batch]` -> `[members, batch, frames * observation]`."""
    rows = torch.arange(len(series), device=series.device)[:, None, None]
    offsets = torch.arange(frames, device=series.device)
    return series[rows, starts[..., None] + offsets].flatten(2)
