"""What can be known without training: the Kalman filter, and embeddings in closed form."""

from collections.abc import Sequence

import numpy as np

from jepatlas.common.base.random import generator
from jepatlas.noisy_tv.measuring.measure import (
    StateBelief,
    Truth,
    limit_rollout,
    reference_scores,
)
from jepatlas.noisy_tv.measuring.parameters import Evaluation
from jepatlas.noisy_tv.measuring.results import Results
from jepatlas.noisy_tv.truth.oracle import Filtered, StateSpace, kalman_filter
from jepatlas.noisy_tv.truth.system import Array, Trajectory
from jepatlas.noisy_tv.truth.world import Member, World

LIMIT = "kalman"


def filtered(world: World, members: list[Member], x: Array) -> Filtered:
    """The filter with the true parameters; x: `[members, time, observation]`."""
    runs = [world.trajectories[member.seed] for member in members]
    model = StateSpace.of(
        world.system,
        np.stack([run.C for run in runs]),
        np.stack([run.D for run in runs]),
        np.array([member.scale for member in members]),
        np.array([member.memory for member in members]),
    )
    return kalman_filter(model, x)


def forecast_state(known: Filtered, train: int, horizon: int) -> StateBelief:
    """The filter's belief about s `horizon` steps after each test step that has such a step."""
    mean, covariance = known.predict(horizon)
    return StateBelief(mean[:, train : mean.shape[1] - horizon], covariance)


def limits(known: Filtered, train: int) -> dict[str, Array]:
    """What methods are held against: the filter's belief about s[t+1], and its mean of s[t]."""
    ahead, now = forecast_state(known, train, 1), forecast_state(known, train, 0)
    return {"mean": ahead.mean, "covariance": ahead.covariance, "now": now.mean}


def unrelated(world: World, members: Sequence[Member], seed: int) -> Array:
    """The signal of another run of the system for each member, `[members, time, k]`."""
    time = world.train + world.test
    runs = {
        number: Trajectory.draw(world.system, time, generator(seed, number, "unrelated")).s
        for number in {member.seed for member in members}
    }
    return np.stack([runs[member.seed] for member in members])


def evaluate(
    recipe: str,
    truth: Truth,
    x: Array,
    others: Array,
    evaluation: Evaluation,
    seed: int,
) -> Results:
    """Everything that is measured of the references.

    x: `[members, time, observation]`; others: signals of `unrelated` runs.
    """
    results = Results(recipe, truth, evaluation)
    for name, values in reference_scores(truth, x, others, seed).items():
        results.note(name, "r2", values)
    for horizon, values in limit_rollout(truth, evaluation.horizons).items():
        results.note_drawn(LIMIT, "rollout", str(horizon), values)
        results.tabulate("rollout", values, model=LIMIT, horizon=horizon)
    results.note_calibration(LIMIT, truth.limit)
    results.draw(LIMIT, truth.limit.mean)
    results.draw("true", truth.s)
    results.drawn["scales"] = results.scales
    return results
