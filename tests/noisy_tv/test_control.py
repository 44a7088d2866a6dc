"""Plans and the exact control of the signal, against closed forms, brute force and SciPy."""

import numpy as np
import pytest
from scipy.linalg import solve_discrete_are

from jepatlas.common.base.parameters import InputError
from jepatlas.noisy_tv.control.exact import at_random, exact, idle, regret
from jepatlas.noisy_tv.control.parameters import check_control
from jepatlas.noisy_tv.control.planning import Model, Plan, regulator, with_goal_experts
from jepatlas.noisy_tv.control.task import Task, explored, goal_pictures
from jepatlas.noisy_tv.truth.oracle import StateSpace
from jepatlas.noisy_tv.truth.world import Member
from tests.noisy_tv.worlds import SYSTEM, control, observed, truth_of, world

RNG = np.random.default_rng(3)
CONTROL = control(explored=100)
MEMBERS = [Member(seed, scale, SYSTEM.memory) for scale in (0, 8) for seed in (70, 71)]
WORLD = world(70, 2, train=1000, test=2001)
TRUTH = truth_of(WORLD, MEMBERS)


def models(n: int, inputs: int, members: int = 2) -> Model:
    F = RNG.normal(size=(members, n, n)) / np.sqrt(n)
    return Model(F, RNG.normal(size=(members, n, inputs)), RNG.normal(size=(members, n)))


def costs(n: int, members: int = 2) -> np.ndarray:
    root = RNG.normal(size=(members, n, n))
    return root @ root.mT + 0.1 * np.eye(n)


def test_in_one_dimension_by_hand():
    """One step: u minimises q (a z + b u + c - g)^2 + r u^2."""
    a, b, c, q, r, g, z = 0.9, 0.5, 0.3, 2.0, 0.7, 1.5, -0.4
    one = [np.full((1, 1, 1), value) for value in (a, b, q, r, g, z)]
    model = Model(one[0], one[1], np.full((1, 1), c))
    plan = Plan.of(model, regulator(model, one[2], one[3], 1), one[4])
    expected = b * q * (g - a * z - c) / (r + b**2 * q)
    assert plan(0, one[5]).item() == pytest.approx(expected)


def test_the_regulator_of_a_long_horizon_is_that_of_the_riccati_equation():
    model, Q, R = models(4, 2), costs(4), costs(2)
    gains = regulator(model, Q, R, 300)[0]
    for F, G, q, r, gain in zip(model.F, model.G, Q, R, gains, strict=True):
        P = solve_discrete_are(F, G, q, r)
        np.testing.assert_allclose(
            gain[:, :4], np.linalg.solve(r + G.T @ P @ G, G.T @ P @ F), atol=1e-9
        )


def sequences(model: Model, member: int, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """z[1..T] stacked is `free(z[0]) + reached @ u[0..T-1]`: (powers of F, reached), by brute
    force."""
    F, G = model.F[member], model.G[member]
    n, inputs = G.shape
    power = [np.linalg.matrix_power(F, k) for k in range(horizon + 1)]
    reached = np.zeros((horizon * n, horizon * inputs))
    for t in range(horizon):
        for k in range(t + 1):
            reached[t * n : (t + 1) * n, k * inputs : (k + 1) * inputs] = power[t - k] @ G
    return np.stack(power), reached


def free(model: Model, member: int, z: np.ndarray, power: np.ndarray) -> np.ndarray:
    steps = [
        power[t] @ z + sum(power[k] @ model.offset[member] for k in range(t))
        for t in range(1, len(power))
    ]
    return np.concatenate(steps)


def test_the_first_input_is_that_of_the_best_sequence():
    """Least squares over all inputs of the episode at once."""
    model, Q, R, horizon = models(3, 2), costs(3), costs(2), 5
    goals, z = RNG.normal(size=(2, 2, 4, 3))
    u = Plan.of(model, regulator(model, Q, R, horizon), goals)(0, z)
    for member in range(2):
        power, reached = sequences(model, member, horizon)
        weights, effort = (np.kron(np.eye(horizon), one[member]) for one in (Q, R))
        for episode in range(4):
            missing = np.tile(goals[member, episode], horizon)
            missing -= free(model, member, z[member, episode], power)
            best = np.linalg.solve(
                reached.T @ weights @ reached + effort, reached.T @ weights @ missing
            )
            np.testing.assert_allclose(u[member, episode], best[:2], atol=1e-9)


def test_a_product_of_experts_is_the_mean_of_the_joint_gaussian():
    """Over all latents and inputs of the episode at once, as one system of normal equations."""
    n, inputs, horizon, width = 2, 1, 3, 0.6
    model, Q, R, precision = models(n, inputs, 1), costs(n, 1), costs(inputs, 1), costs(n, 1)
    z, goal = RNG.normal(size=(2, 1, 1, n))
    gains = with_goal_experts(model, precision, Q, R, width, horizon)
    size = horizon * (n + inputs)
    total, shift = np.zeros((size, size)), np.zeros(size)

    def add(rows: np.ndarray, target: np.ndarray, weight: np.ndarray) -> None:
        nonlocal total, shift
        total += rows.T @ weight @ rows
        shift += rows.T @ weight @ target

    latent = [np.eye(size)[t * n : (t + 1) * n] for t in range(horizon)]
    given = [np.eye(size)[horizon * n + t * inputs :][:inputs] for t in range(horizon)]
    for t in range(horizon):
        add(latent[t], goal[0, 0], Q[0] / width**2)
        add(given[t], np.zeros(inputs), R[0] / width**2)
        rows, target = latent[t] - model.G[0] @ given[t], model.offset[0]
        if t == 0:
            target = target + model.F[0] @ z[0, 0]
        else:
            rows = rows - model.F[0] @ latent[t - 1]
        add(rows, target, precision[0])
    mean = np.linalg.solve(total, shift)
    u = Plan.of(model, gains, goal)(0, z)
    np.testing.assert_allclose(u[0, 0], mean[horizon * n :][:inputs], atol=1e-9)


def test_wide_experts_are_the_regulator_and_narrow_ones_trust_in_chance():
    model, Q, R, precision = models(3, 2), costs(3), costs(2), costs(3)
    plain = regulator(model, Q, R, 6)
    wide, narrow = (with_goal_experts(model, precision, Q, R, w, 6) for w in (1e4, 1e-3))
    np.testing.assert_allclose(wide, plain, rtol=1e-4, atol=1e-6)
    assert np.linalg.norm(narrow) < 0.1 * np.linalg.norm(plain)


def test_with_inputs_the_signal_obeys_its_equation():
    """The noise of the runs with inputs is that of the runs without."""
    task = Task.of(WORLD, MEMBERS, CONTROL)
    run = task.steer(at_random(task, 0))
    A = SYSTEM.dynamics
    moved = np.einsum("mki,meti->metk", task.B, run.u)
    noise = run.s[:, :, 1:] - run.s[:, :, :-1] @ A.T - moved
    np.testing.assert_allclose(noise, task.free[:, :, 1:] - task.free[:, :, :-1] @ A.T, atol=1e-12)
    np.testing.assert_array_equal(run.s[:, :, 0], task.free[:, :, 0])
    assert noise.std() == pytest.approx(SYSTEM.signal_noise, rel=0.05)


def test_goals_can_be_held_and_are_as_far_as_asked_for():
    control = CONTROL.model_copy(update={"goal": 2.0, "episodes": 66})
    task = Task.of(WORLD, MEMBERS, control)
    needed = task.goals - task.goals @ SYSTEM.dynamics.T  # B v
    for B, given in zip(task.B, needed, strict=True):
        v = np.linalg.lstsq(B, given.T, rcond=None)[0]
        np.testing.assert_allclose(B @ v, given.T, atol=1e-9)
    assert task.goals.std() == pytest.approx(2 * SYSTEM.signal_std, rel=0.15)


def test_lqg_costs_what_it_should():
    """To hold 0 for long: trace(P W) + trace(K' (R + B'PB) K S), with P of the Riccati equation, W
    the noise of the signal and S the filter's covariance (Anderson & Moore 1990, section 8.2)."""
    control = CONTROL.model_copy(update={"goal": 1e-9, "episodes": 1, "horizon": 2000})
    task = Task.of(WORLD, MEMBERS, control)
    A, k = SYSTEM.dynamics, SYSTEM.signal
    now = TRUTH.now
    run = task.steer(exact(task, now))
    found = task.cost(run)
    Q, R = np.eye(k) / SYSTEM.signal_std**2, control.effort * np.eye(2)
    for member, B in enumerate(task.B):
        P = solve_discrete_are(A, B, Q, R)
        K = np.linalg.solve(R + B.T @ P @ B, B.T @ P @ A)
        S = np.cov((TRUTH.s[member, WORLD.train :] - now[member]).T)
        s, drive = run.s[member, 0, :-1], run.u[member, 0] @ B.T
        w = run.s[member, 0, 1:] - s @ A.T - drive
        expected = np.trace(P @ w.T @ w) / len(w) + np.trace(K.T @ (R + B.T @ P @ B) @ K @ S)
        # What is 0 in expectation, and all that chance adds but for the two ends:
        chance = 2 * np.einsum("ti,ij,tj->", w, P, s @ A.T + drive) / len(w)
        assert found[member] - chance == pytest.approx(expected, rel=0.01)


def test_who_knows_the_state_does_better_than_lqg_and_who_does_nothing_or_anything_worse():
    task = Task.of(WORLD, MEMBERS, CONTROL)
    policies = exact(task, TRUTH.now), idle(task), at_random(task, 1)
    lqg, without, random = (task.cost(task.steer(policy)) for policy in policies)
    known = task.cost(task.steer(exact(task, TRUTH.s[:, WORLD.train :])))
    assert (np.abs(regret(known, lqg, without)) < 0.01).all()  # one frame shows almost all
    assert (lqg < 0.2 * without).all()
    np.testing.assert_array_equal(regret(without, lqg, without), 1)
    assert (regret(random, lqg, without) > 1).all()


def test_a_run_is_explored_with_the_inputs_that_are_told():
    task = Task.of(WORLD, MEMBERS, CONTROL)
    u, r = explored(task, MEMBERS)
    expected = np.zeros((len(MEMBERS), 4))
    for t in range(CONTROL.explored):
        np.testing.assert_allclose(r[:, t], expected, atol=1e-12)
        expected = expected @ SYSTEM.dynamics.T + np.einsum("mki,mi->mk", task.B, u[:, t])
    assert u.std() == pytest.approx(CONTROL.exploration, rel=0.1)


def test_a_goal_is_seen_as_the_signal_comes_to_it_with_the_distractor_on():
    goals = RNG.normal(size=(5, 4))
    C = WORLD.trajectories[70].C
    quiet, loud = (
        goal_pictures(WORLD, Member(70, scale, 0.9), goals, 2).reshape(5, 2, 20) for scale in (0, 8)
    )
    np.testing.assert_allclose(quiet[:, 1], goals @ C.T, atol=0.06)
    np.testing.assert_allclose(
        quiet[:, 0] @ np.linalg.pinv(C).T @ SYSTEM.dynamics.T, goals, atol=0.06
    )
    assert np.abs(loud - quiet).mean() > 0.5


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"explored": 1001}, "noisy_tv.control.explored: should be at most noisy_tv.data.train"),
        ({"episodes": 67}, "noisy_tv.data.test: should be at least 2011, for noisy_tv.control's"),
    ],
)
def test_trajectories_that_are_too_short_are_refused(changes, problem):
    check_control(CONTROL, WORLD.train, WORLD.test)
    with pytest.raises(InputError, match=problem):
        check_control(CONTROL.model_copy(update=changes), WORLD.train, WORLD.test)


def test_lqg_acts_on_the_mean_of_a_filter_that_knows_the_inputs():
    """The textbook's recursion, on what is observed with the inputs of the first episode."""
    task, member = Task.of(WORLD, MEMBERS, CONTROL), 3
    run, own = task.steer(exact(task, TRUTH.now)), WORLD.trajectories[MEMBERS[member].seed]
    model = StateSpace.of(SYSTEM, own.C[None], own.D[None], np.array([8]), np.array([0.9]))
    F, Q, H = model.F[0], model.Q[0], model.H[0]
    x, u = observed(WORLD, MEMBERS)[member].copy(), np.zeros((len(TRUTH.s[0]), 2))
    during = slice(WORLD.train, WORLD.train + CONTROL.horizon)
    x[during] += (run.s - task.free)[member, 0, :-1] @ own.C.T
    u[during] = run.u[member, 0]
    mean, P, means = np.zeros(8), model.P0[0], []
    for seen, given in zip(x[: during.stop], u, strict=False):
        gain = np.linalg.solve(H @ P @ H.T + model.r * np.eye(20), H @ P).T
        mean, P = mean + gain @ (seen - H @ mean), P - gain @ H @ P
        means.append(mean[:4])
        mean, P = F @ mean, F @ P @ F.T + Q
        mean[:4] += task.B[member] @ given
    believed = (run.s - task.free)[member, 0, :-1] + TRUTH.now[member, : CONTROL.horizon]
    np.testing.assert_allclose(means[during.start :], believed, atol=1e-6)
