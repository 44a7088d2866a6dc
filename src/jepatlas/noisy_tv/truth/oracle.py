"""What is possible: the Kalman filter with the true parameters, and embeddings in closed form.

The filter is the limit of every predictor, as it uses the whole past and the true system. Canonical
correlation analysis of past and future is the optimum of a linear predictive embedding (one frame
predicts the next), PCA that of a linear autoencoder; a random projection is where networks start.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

from jepatlas.noisy_tv.truth.system import Array, System

SETTLED = 1e-13  # relative change at which the filter's covariance has reached its fixed point


@dataclass(frozen=True)
class StateSpace:
    """z[t+1] = F z[t] + N(0, Q), x[t] = H z[t] + N(0, r I), z[0] ~ N(0, P0), for the state (s, d).

    H `[members, observation, state]`; F, Q, P0 `[members, state, state]`; r a variance.
    """

    F: Array
    Q: Array
    H: Array
    r: float
    P0: Array
    signal: int

    @classmethod
    def of(cls, system: System, C: Array, D: Array, scale: Array, memory: Array) -> "StateSpace":
        """C `[members, observation, signal]`, D likewise; scale, memory `[members]`."""
        ones = np.ones(system.distractor)
        spread, rest = system.distractor_std**2, np.eye(system.signal)
        return cls(
            F=np.stack([block_diag(system.dynamics, np.diag(m * ones)) for m in memory]),
            Q=np.stack(
                [
                    block_diag(system.signal_noise**2 * rest, np.diag(spread * (1 - m**2) * ones))
                    for m in memory
                ]
            ),
            H=np.concatenate([C, scale[:, None, None] * D], axis=-1),
            r=system.observation_noise**2,
            P0=np.stack(
                [block_diag(system.signal_std**2 * rest, np.diag(spread * ones))] * len(memory)
            ),
            signal=system.signal,
        )


@dataclass(frozen=True)
class Filtered:
    """The filtering distribution of (s, d)[t] given x[0..t].

    mean `[members, time, state]`; covariance `[members, state, state]`, at the last time; and the
    model that they are the beliefs of.
    """

    model: StateSpace
    mean: Array
    covariance: Array

    def predict(self, horizon: int) -> tuple[Array, Array]:
        """Mean `[members, time, signal]` and covariance `[members, signal, signal]` of
        s[t + horizon] given x[0..t]; the covariance is the settled one."""
        F, Q, k = self.model.F, self.model.Q, self.model.signal
        mean, covariance = self.mean, self.covariance
        for _ in range(horizon):
            mean = mean @ F.mT
            covariance = F @ covariance @ F.mT + Q
        return mean[..., :k], covariance[:, :k, :k]


def kalman_filter(model: StateSpace, x: Array) -> Filtered:
    """Kalman (1960), in information form: the observations enter as H'x / r only, so that a step
    costs products of the state's size.

    x: `[members, time, observation]`. The covariance does not depend on x and is iterated until it
    has settled.
    """
    y = x @ model.H / model.r  # [members, time, state]
    information = model.H.mT @ model.H / model.r
    mean = np.empty_like(y)
    predicted = np.zeros(y[:, 0].shape)
    P, settled = model.P0, False
    gain = covariance = model.P0
    for t in range(y.shape[1]):
        if not settled:
            precision = _inverse(P)
            covariance = _inverse(precision + information)
            gain = covariance @ precision
            following = model.F @ covariance @ model.F.mT + model.Q
            settled = bool(np.abs(following - P).max() < SETTLED * np.abs(P).max())
            P = following
        mean[:, t] = _times(gain, predicted) + _times(covariance, y[:, t])
        predicted = _times(model.F, mean[:, t])
    return Filtered(model, mean, covariance)


def _inverse(matrices: Array) -> Array:
    return np.asarray(np.linalg.inv(matrices), dtype=np.float64)


def _times(matrices: Array, vectors: Array) -> Array:
    """`[members, n, m]` times `[members, m]`."""
    return (matrices @ vectors[..., None])[..., 0]


# Linear embeddings in closed form: each returns W, for which z = x W, `[observation, k]`


def past_future_cca(past: Array, future: Array) -> tuple[Array, Array]:
    """Canonical correlation analysis (Hotelling 1936) of x[t] and x[t+1].

    past, future: `[n, observation]`. Returns the directions of the past, as columns in the order of
    their canonical correlations, and these correlations.
    """
    past, future = past - past.mean(0), future - future.mean(0)
    whiten_past, whiten_future = _whitener(past), _whitener(future)
    cross = (past @ whiten_past).T @ (future @ whiten_future) / len(past)
    directions, correlations, _ = np.linalg.svd(cross)
    return whiten_past @ directions, correlations


def pca(x: Array) -> Array:
    """Principal directions of x `[n, observation]`, as columns, the largest variance first."""
    return np.linalg.svd(x - x.mean(0), full_matrices=False)[2].T


def random_projection(observation: int, k: int, rng: np.random.Generator) -> Array:
    return rng.standard_normal((observation, k)) / np.sqrt(observation)


def _whitener(centred: Array) -> Array:
    """M for which the columns of x M are uncorrelated with variance 1."""
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    return directions.T / (singular / np.sqrt(len(centred)))
