"""The trajectories against the equations of the system and its stationary moments."""

import re

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.linalg import solve_discrete_lyapunov

from jepatlas.noisy_tv.truth.system import System, Trajectory
from tests.noisy_tv.worlds import CONSTANTS, SYSTEM

LONG = Trajectory.draw(SYSTEM, 40_000, np.random.default_rng(0))


def test_the_noises_are_what_the_equations_leave():
    w = LONG.s[1:] - LONG.s[:-1] @ SYSTEM.dynamics.T
    d = LONG.distractor(SYSTEM, SYSTEM.memory)
    v = d[1:] - SYSTEM.memory * d[:-1]
    e = LONG.observe(SYSTEM, 3.0, SYSTEM.memory) - LONG.s @ LONG.C.T - 3.0 * d @ LONG.D.T
    for noise, std in ((w, 0.1), (v, 0.3), (e, 0.01)):
        k = noise.shape[1]
        np.testing.assert_allclose(np.cov(noise.T), std**2 * np.eye(k), atol=0.04 * std**2)
        lagged = noise[1:].T @ noise[:-1] / len(noise)
        np.testing.assert_allclose(lagged, 0, atol=0.04 * std**2)


def test_the_dynamics_turn_planes():
    A = SYSTEM.dynamics
    np.testing.assert_allclose(A @ A.T, 0.99**2 * np.eye(4), atol=1e-12)
    assert np.angle(np.linalg.eigvals(A)) == pytest.approx(
        [0.1 * np.pi, -0.1 * np.pi, 0.1 * np.pi, -0.1 * np.pi]
    )


def test_the_stationary_variance_solves_lyapunovs_equation():
    expected = solve_discrete_lyapunov(SYSTEM.dynamics, 0.01 * np.eye(4))
    np.testing.assert_allclose(SYSTEM.signal_std**2 * np.eye(4), expected, atol=1e-12)
    assert SYSTEM.distractor_std**2 == pytest.approx(0.3**2 / (1 - 0.9**2))


def test_trajectories_start_stationary():
    starts = [Trajectory.draw(SYSTEM, 1, np.random.default_rng(k)) for k in range(4000)]
    s = np.concatenate([run.s for run in starts])
    d = np.concatenate([run.distractor(SYSTEM, 0.9) for run in starts])
    assert s.std() == pytest.approx(SYSTEM.signal_std, rel=0.03)
    assert d.std() == pytest.approx(SYSTEM.distractor_std, rel=0.03)


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9, 0.97])
def test_the_memory_changes_how_slow_the_distractor_is_and_not_how_loud(memory):
    d = LONG.distractor(SYSTEM, memory)
    correlation = np.mean(d[1:] * d[:-1]) / np.mean(d**2)
    assert correlation == pytest.approx(memory, abs=0.02)
    assert d.std() == pytest.approx(SYSTEM.distractor_std, rel=0.1)


def test_columns_have_unit_norm():
    for matrix in (LONG.C, LONG.D):
        np.testing.assert_allclose(np.linalg.norm(matrix, axis=0), 1)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"contraction": 1.0}, "spectral radius"),
        ({"memory": 1.2}, "spectral radius"),
        ({"signal": 3}, "signal should be even, as rotations turn planes"),
        ({"observation_noise": -0.1}, "greater than 0"),
        ({"signal_noise": 0.0}, "greater than 0"),
        ({"distractor": 0}, "greater than or equal to 1"),
    ],
)
def test_a_system_that_cannot_be_is_refused(change, problem):
    with pytest.raises(ValidationError, match=re.escape(problem)):
        System(**CONSTANTS | change)


def test_an_odd_signal_that_does_not_rotate_is_fine():
    system = System(**CONSTANTS | {"signal": 3, "rotation": 0.0})
    np.testing.assert_array_equal(system.dynamics, 0.99 * np.eye(3))
