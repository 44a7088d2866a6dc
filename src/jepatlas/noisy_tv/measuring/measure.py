"""What a model's forecasts are worth beside those of the Kalman filter, member by member."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from jepatlas.common.base.random import generator
from jepatlas.noisy_tv.measuring.forecast import Belief, Forecast
from jepatlas.noisy_tv.measuring.metrics import (
    ReadOut,
    coverage,
    negative_log_likelihood,
    r2,
    r2_least_squares,
    rmse,
)
from jepatlas.noisy_tv.measuring.parameters import Transfer
from jepatlas.noisy_tv.measuring.transfer import Amplitude, Expert, Reading
from jepatlas.noisy_tv.truth.oracle import (
    Filtered,
    StateSpace,
    kalman_filter,
    past_future_cca,
    pca,
    random_projection,
)
from jepatlas.noisy_tv.truth.system import Array
from jepatlas.noisy_tv.truth.world import Member, World

LEVELS = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])  # of intervals


@dataclass(frozen=True)
class Truth:
    """The states of all members, and what the filter knows of them.

    s, d: `[members, time, .]`; x: `[members, time, observation]`.
    """

    world: World
    members: Sequence[Member]
    s: Array
    d: Array
    x: Array

    @classmethod
    def of(cls, world: World, members: Sequence[Member]) -> "Truth":
        x = np.stack([world.observe(member) for member in members])
        return cls(world, members, world.signal(members), world.distractor(members), x)

    @property
    def train(self) -> int:
        return self.world.train

    @cached_property
    def filtered(self) -> Filtered:
        runs = [self.world.trajectories[member.seed] for member in self.members]
        model = StateSpace.of(
            self.world.system,
            np.stack([run.C for run in runs]),
            np.stack([run.D for run in runs]),
            np.array([member.scale for member in self.members]),
            np.array([member.memory for member in self.members]),
        )
        return kalman_filter(model, self.x)

    def limit(self, horizon: int) -> tuple[Array, Array]:
        """The filter's belief about s `horizon` steps after each test step that has such a step:
        mean `[members, test - horizon, k]`, covariance `[members, k, k]`."""
        mean, covariance = self.filtered.predict(horizon)
        return mean[:, self.train : mean.shape[1] - horizon], covariance


def last(states: Array, like: Array) -> Array:
    """As many of the last `states` `[members, time, k]` as there are steps in `like`."""
    return states[:, -like.shape[1] :]


def read_out(truth: Truth, latents: Array) -> ReadOut:
    """Of s, from the latents of the last steps of the training part, `[members, n, dim]`."""
    return ReadOut.fit(latents, last(truth.s[:, : truth.train], latents))


# One step ahead


def scores(truth: Truth, forecast: Forecast) -> dict[str, Array]:
    """R^2 of s and d from the latent, and of s as a share of the filter's; `[members]` each."""
    z = forecast.test[forecast.lead]
    signal = r2_least_squares(last(truth.s, z), z)
    limit, _ = truth.limit(1)
    return {
        "r2": signal,
        "r2_of_limit": signal / r2_least_squares(last(truth.s, limit), limit),
        "r2_distractor": r2_least_squares(last(truth.d, z), z),
    }


def reference_scores(truth: Truth, seed: int) -> dict[str, Array]:
    """R^2 of s[t+1] from the filter, and from the latest frame by closed-form embeddings."""
    k, observation = truth.s.shape[2], truth.x.shape[2]
    latents: dict[str, list[Array]] = {}
    for member, x in zip(truth.members, truth.x, strict=True):
        learned, unseen = x[: truth.train], x[truth.train : -1]
        principal = pca(learned)
        maps = {
            "cca": past_future_cca(learned[:-1], learned[1:])[0][:, :k],
            "pca_first": principal[:, :k],
            "pca_next": principal[:, k : 2 * k],
            "random": random_projection(observation, k, generator(seed, member.seed, "random")),
        }
        for name, weights in maps.items():
            latents.setdefault(name, []).append(unseen @ weights)
    limit, _ = truth.limit(1)
    features = {"kalman": limit} | {name: np.stack(z) for name, z in latents.items()}
    target = last(truth.s, limit)
    return {name: r2_least_squares(target, z) for name, z in features.items()}


# Many steps ahead


def rollout(truth: Truth, forecast: Forecast) -> dict[int, Array]:
    """R^2 of s by horizon, `[members]`. The read-out is fitted one step ahead in training:
    a fit per horizon would forgive an iterated linear predictor everything."""
    if forecast.lead == 0:
        return {}
    read = read_out(truth, forecast.train)
    return {horizon: r2(last(truth.s, z), read(z)) for horizon, z in forecast.test.items()}


def limit_rollout(truth: Truth, horizons: Sequence[int]) -> dict[int, Array]:
    """The same of the filter's open-loop prediction."""
    means = {horizon: truth.limit(horizon)[0] for horizon in horizons}
    return {h: r2(last(truth.s, mean), mean) for h, mean in means.items()}


# Uncertainty


@dataclass(frozen=True)
class StateBelief:
    """A Gaussian over s[t+1]: mean `[members, test - 1, k]`, covariance `[members, k, k]`."""

    mean: Array
    covariance: Array

    @classmethod
    def read(cls, truth: Truth, forecast: Forecast, belief: Belief) -> "StateBelief":
        """A belief about the next latent, pushed through the read-out of s from the latent.

        The belief is about a draw from the posterior. Reading s from its mean would allow for a
        covariance smaller by the posterior's variance, about a hundredth of it."""
        assert forecast.states is not None
        read = read_out(truth, forecast.states)
        return cls(read(belief.mean), read.push(belief.covariance))


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
    mean, covariance = truth.limit(1)
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
