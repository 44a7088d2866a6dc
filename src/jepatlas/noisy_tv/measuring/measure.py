"""What a model's forecasts are worth beside those of the Kalman filter, member by member."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jepatlas.common.base.random import generator
from jepatlas.common.base.storage import read_arrays
from jepatlas.noisy_tv.measuring.latents import Belief, Forecast
from jepatlas.noisy_tv.measuring.metrics import (
    ReadOut,
    coverage,
    negative_log_likelihood,
    r2,
    rmse,
)
from jepatlas.noisy_tv.measuring.parameters import Transfer
from jepatlas.noisy_tv.measuring.transfer import Amplitude, Expert, Reading
from jepatlas.noisy_tv.truth.oracle import past_future_cca, pca, random_projection
from jepatlas.noisy_tv.truth.system import Array
from jepatlas.noisy_tv.truth.world import Member, World

LEVELS = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])  # of intervals


@dataclass(frozen=True)
class StateBelief:
    """A Gaussian over s[t+1]: mean `[members, test - 1, k]`, covariance `[members, k, k]`."""

    mean: Array
    covariance: Array

    @classmethod
    def read(cls, truth: "Truth", forecast: Forecast, belief: Belief) -> "StateBelief":
        """A belief about the next latent, pushed through the read-out of s from the latent."""
        assert forecast.states is not None
        # A belief about the next window is read for its oldest frame, the next step.
        read = read_out(truth, forecast.states, 1 - forecast.frames)
        return cls(read(belief.mean), read.push(belief.covariance))


@dataclass(frozen=True)
class Truth:
    """The states of all members, and what the filter knows of them.

    s, d: `[members, time, .]`; train: steps of the training part; dynamics: A, `[k, k]`; memory:
    the system's own, of the distractor; limit: the filter's belief about s[t+1]; now: its mean of
    s[t] in the test part, `[members, test, k]`.
    """

    members: Sequence[Member]
    s: Array
    d: Array
    train: int
    dynamics: Array
    memory: float
    limit: StateBelief
    now: Array

    @classmethod
    def read(cls, path: Path, world: World, members: Sequence[Member]) -> "Truth":
        """With what the filter knows from its file; arrays that do not fit are an `InputError`."""
        n, test, k = len(members), world.test, world.system.signal
        layout = {
            "mean": f"float64 {n} {test - 1} {k}",
            "covariance": f"float64 {n} {k} {k}",
            "now": f"float64 {n} {test} {k}",
        }
        return cls.of(world, members, read_arrays(path, layout))

    @classmethod
    def of(cls, world: World, members: Sequence[Member], known: Mapping[str, Array]) -> "Truth":
        """known: `mean` and `covariance` of the filter's belief about s[t+1], and `now`."""
        limit, now = StateBelief(known["mean"], known["covariance"]), known["now"]
        s, d = world.signal(members), world.distractor(members)
        system = world.system
        return cls(members, s, d, world.train, system.dynamics, system.memory, limit, now)

    def ahead(self, horizon: int) -> Array:
        """The filter's mean of s[t + horizon], as far as there is one, `[members, ., k]`."""
        steps = self.limit.mean.shape[1] - horizon + 1
        return self.limit.mean[:, :steps] @ np.linalg.matrix_power(self.dynamics.T, horizon - 1)


def last(states: Array, like: Array) -> Array:
    """As many of the last `states` `[members, time, k]` as there are steps in `like`."""
    return states[:, -like.shape[1] :]


def read_out(truth: Truth, latents: Array, offset: int) -> ReadOut:
    """Of s `offset` steps later, from the latents of the last steps of the training part,
    `[members, n, dim]`."""
    return _read_out(truth.s[:, : truth.train], latents, offset)


def _read_out(states: Array, latents: Array, offset: int) -> ReadOut:
    known = latents[:, : latents.shape[1] - max(offset, 0)]
    start = states.shape[1] - latents.shape[1] + offset
    return ReadOut.fit(known, states[:, start : start + known.shape[1]])


def explained(truth: Truth, states: Array, train: Array, test: Array, offset: int = 1) -> Array:
    """R^2 `[members]` of `states`, of s or d, in the test part, by least squares from latents.

    train: latents of the last steps of the training part, from which states are read `offset` steps
    later; test: latents for the last states of the test part; `[members, ., dim]` both. The
    read-out is fitted on the training part, so unrelated latents have 0 or, by chance, less.
    """
    read = _read_out(states[:, : truth.train], train, offset)
    return r2(last(states, test), read(test))


# One step ahead


def scores(truth: Truth, forecast: Forecast) -> dict[str, Array]:
    """R^2 of s and d from the latent, and of s as a share of the filter's; `[members]` each."""
    latents = forecast.train, forecast.test[forecast.lead]
    signal = explained(truth, truth.s, *latents, forecast.lead)
    # What is read for s[t] itself is held against what the filter knows of s[t].
    limit = truth.limit.mean if forecast.lead else truth.now
    return {
        "r2": signal,
        "r2_of_limit": signal / r2(last(truth.s, limit), limit),
        "r2_distractor": explained(truth, truth.d, *latents, forecast.lead),
    }


def reference_scores(truth: Truth, x: Array, unrelated: Array, seed: int) -> dict[str, Array]:
    """R^2 of s[t+1] from the filter, from the latest frame by closed-form embeddings, by chance.

    x: `[members, time, observation]`; unrelated: the signals of other runs of the same system,
    `[members, time, k]`, which tell nothing of s but that it turns as they do.
    """
    k, observation = truth.s.shape[2], x.shape[2]
    latents: dict[str, list[Array]] = {"chance": list(unrelated[:, :-1])}
    for member, seen in zip(truth.members, x, strict=True):
        learned = seen[: truth.train]
        principal = pca(learned)
        maps = {
            "cca": past_future_cca(learned[:-1], learned[1:])[0][:, :k],
            "pca_first": principal[:, :k],
            "pca_next": principal[:, k : 2 * k],
            "random": random_projection(observation, k, generator(seed, member.seed, "random")),
        }
        for name, weights in maps.items():
            latents.setdefault(name, []).append(seen[:-1] @ weights)
    found = {"kalman": r2(last(truth.s, truth.limit.mean), truth.limit.mean)}
    for name, of_members in latents.items():
        z = np.stack(of_members)
        train, test = z[:, : truth.train], z[:, truth.train :]
        found[name] = explained(truth, truth.s, train, test)
    return found


# Many steps ahead


def rollout(truth: Truth, forecast: Forecast) -> dict[int, Array]:
    """R^2 of s by horizon, `[members]`. The read-out is fitted on the first window that is forecast
    in training: a fit per horizon would forgive an iterated linear predictor everything."""
    if forecast.lead == 0:
        return {}
    found = {}
    for horizon, z in forecast.test.items():
        read = read_out(truth, forecast.train, forecast.offset(horizon))
        found[horizon] = r2(last(truth.s, z), read(z))
    return found


def limit_rollout(truth: Truth, horizons: Sequence[int]) -> dict[int, Array]:
    """The same of the filter's open-loop predictions."""
    ahead = {horizon: truth.ahead(horizon) for horizon in horizons}
    return {horizon: r2(last(truth.s, mean), mean) for horizon, mean in ahead.items()}


# Uncertainty


def calibration(truth: Truth, belief: StateBelief) -> dict[str, Array]:
    """`coverage` `[levels, members]`, and `nll` per dimension `[members]`, in nats."""
    s = last(truth.s, belief.mean)
    surprise = negative_log_likelihood(s, belief.mean, belief.covariance)
    return {
        "coverage": coverage(s, belief.mean, belief.covariance, LEVELS),
        "nll": surprise.mean(-1) / s.shape[-1],
    }


# Transfer


def experts(truth: Truth, transfer: Transfer) -> dict[str, Expert]:
    """What each expert is told about s[t+1] of the test part, with noise of its own."""
    s = truth.s[:, truth.train + 1 :]
    time = s.shape[1]

    def noise(name: str, *shape: int) -> Array:
        draws = [generator(m.seed, name).standard_normal((time, *shape)) for m in truth.members]
        return np.stack(draws)

    radius = np.hypot(s[..., 0], s[..., 1])
    plane = tuple(range(s.shape[-1] - 2, s.shape[-1]))  # of the last oscillator
    goal = s[..., list(plane)] + transfer.goal * noise("goal", 2)
    return {
        "sensor": Reading((0,), s[..., :1] + transfer.sensor * noise("sensor", 1), transfer.sensor),
        "goal": Reading(plane, goal, transfer.goal),
        "amplitude": Amplitude(
            radius + transfer.amplitude * noise("amplitude"), transfer.amplitude
        ),
    }


def fusion(truth: Truth, expert: Expert, belief: StateBelief) -> dict[str, Array]:
    """Error of the mean and negative log-likelihood per dimension of `belief`, before and after the
    product with `expert`, and of the filter's after it; `[members]` each."""
    mean, covariance = truth.limit.mean, truth.limit.covariance
    s = last(truth.s, mean)
    k = s.shape[-1]
    mine, exact = expert.fuse(belief.mean, belief.covariance, s), expert.fuse(mean, covariance, s)
    alone = negative_log_likelihood(s, belief.mean, belief.covariance)
    return {
        "error_before": rmse(s, belief.mean),
        "error": rmse(s, mine.mean),
        "error_exact": rmse(s, exact.mean),
        "distance_to_exact": rmse(exact.mean, mine.mean),
        "nll_before": alone.mean(-1) / k,
        "nll": mine.surprise.mean(-1) / k,
        "nll_exact": exact.surprise.mean(-1) / k,
    }
