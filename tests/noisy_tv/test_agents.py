"""A method that has found the signal acts as exact LQG does, in any coordinates."""

import numpy as np
import pytest
import torch

from jepatlas.common.learning.draws import Draws
from jepatlas.noisy_tv.control.exact import exact, idle, regret
from jepatlas.noisy_tv.control.learned import Agent
from jepatlas.noisy_tv.control.outcomes import headlines, outcomes, references
from jepatlas.noisy_tv.control.task import Task
from jepatlas.noisy_tv.learning.inputs import Inputs, windows
from jepatlas.noisy_tv.learning.method import Base, Variational
from jepatlas.noisy_tv.measuring.parameters import Evaluation
from jepatlas.noisy_tv.methods import ar, bjepa
from jepatlas.noisy_tv.truth.world import Member
from tests.noisy_tv.worlds import SYSTEM, control, truth_of, world

CONTROL = control(explored=1500)
MEMBERS = [Member(seed, scale, SYSTEM.memory) for scale in (0, 8) for seed in (80, 81)]
WORLD = world(80, 2, train=1500, test=700)
TRUTH = truth_of(WORLD, MEMBERS)
TASK = Task.of(WORLD, MEMBERS, CONTROL)
LQG, IDLE = (TASK.cost(TASK.steer(policy)) for policy in (exact(TASK, TRUTH.now), idle(TASK)))
TRAINING = {"steps": 1, "learning_rate": 0.1, "schedule": "constant", "latent": 4}
AR = ar.Method(frames=1, inputs="raw", **TRAINING)
BJEPA = bjepa.Method(
    frames=1,
    inputs="raw",
    spare=0,
    beta=0.01,
    entropy=1,
    posterior="learned",
    trained="product",
    prior_weight=0.1,
    prior_std=10,
    **TRAINING,
)


def turn(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(4, 4))


def agent(method: Base, coordinates: np.ndarray, task: Task = TASK, frames: int = 1) -> Agent:
    """With an encoder that reads s off the newest frame exactly but for the observation's noise, in
    these coordinates; a variational one knows how s moves, too."""
    draws = Draws(0, [member.seed for member in MEMBERS], "weights", torch.device("cpu"))
    networks = method.networks(frames * SYSTEM.observation, draws)
    for number, member in enumerate(MEMBERS):
        run = WORLD.trajectories[member.seed]
        mixed = np.concatenate([run.C, member.scale * run.D], axis=1)
        read = np.linalg.pinv(mixed)[:4].T @ coordinates
        padded = np.concatenate([np.zeros(((frames - 1) * SYSTEM.observation, 4)), read])
        weight(networks["online"])[number] = torch.as_tensor(padded)
        if isinstance(method, Variational):
            inverse = np.linalg.inv(coordinates)
            predictor = networks["predictor"]
            weight(predictor.mean)[number] = torch.as_tensor(
                inverse @ SYSTEM.dynamics.T @ coordinates
            )
            precision = inverse @ inverse.T / SYSTEM.signal_noise**2
            root = np.linalg.cholesky(precision)
            predictor.log_diagonal.data[number] = torch.as_tensor(np.log(root.diagonal()))
            predictor.below.data[number] = torch.as_tensor(np.tril(root, -1))
    return Agent(method, networks, WORLD, MEMBERS, task, torch.device("cpu"))


def weight(linear: torch.nn.Module) -> torch.Tensor:
    (one,) = linear.parameters()
    return one.data


def regrets(policy) -> np.ndarray:
    return regret(TASK.cost(TASK.steer(policy)), LQG, IDLE)


@pytest.fixture(scope="module")
def seeing() -> Agent:
    return agent(BJEPA, np.eye(4))


@pytest.fixture(scope="module")
def turned() -> Agent:
    return agent(BJEPA, turn(5))


def test_who_sees_the_signal_steers_it_as_lqg_does(seeing):
    assert np.abs(regrets(seeing.by_read_out())).max() < 0.01
    assert np.abs(regrets(seeing.by_latent())).max() < 0.02


@pytest.mark.parametrize("way", ["by_read_out", "by_latent", "by_goal_experts"])
def test_coordinates_of_the_latent_do_not_matter(seeing, turned, way):
    horizon = [CONTROL.horizon] if way == "by_goal_experts" else []
    mine, other = (TASK.steer(getattr(one, way)(*horizon)).u for one in (seeing, turned))
    np.testing.assert_allclose(mine, other, atol=2e-3 * np.abs(mine).max())


def test_goal_experts_for_all_steps_steer_well_and_one_for_the_next_alone_is_short_sighted(turned):
    ahead, myopic = (regrets(turned.by_goal_experts(horizon)) for horizon in (CONTROL.horizon, 1))
    assert ahead.max() < 0.05
    assert (myopic > 2 * ahead).all()
    wide = CONTROL.model_copy(update={"goal_width": 100.0})
    task = Task.of(WORLD, MEMBERS, wide)
    cost = task.cost(task.steer(agent(BJEPA, turn(5), task).by_goal_experts(wide.horizon)))
    assert np.abs(regret(cost, LQG, IDLE)).max() < 0.02  # the regulator


def test_its_own_dynamics_are_found_again_by_least_squares(turned):
    own, precision = turned.own()
    fitted = turned.fitted()
    np.testing.assert_allclose(own.F, fitted.F, atol=0.15)
    np.testing.assert_allclose(own.G, turn(5).T @ TASK.B, atol=0.2 * np.abs(own.G).max())
    noise = np.linalg.inv(precision) / SYSTEM.signal_noise**2
    np.testing.assert_allclose(noise, np.broadcast_to(turn(5).T @ turn(5), noise.shape), rtol=1e-3)


def test_a_window_remembers_the_inputs_that_were_given_meanwhile():
    """The older frames tell nothing here, and the inputs move up: a state of z and two inputs."""
    method = AR.model_copy(update={"frames": 3})
    one = agent(method, turn(6), frames=3)
    model = one.fitted()
    assert model.F.shape == (4, 8, 8)
    state, u = np.arange(8.0), np.array([10.0, 11.0])
    np.testing.assert_allclose((model.F @ state + model.G @ u)[:, 4:], [[6, 7, 10, 11]] * 4)
    assert np.abs(regrets(one.by_read_out())).max() < 0.02
    assert np.abs(regrets(one.by_latent())).max() < 0.05


def test_what_a_window_sees_in_a_run_is_what_would_have_been_observed():
    """The windows of the run with inputs, observed and scaled anew."""
    method = AR.model_copy(update={"frames": 3, "inputs": "whitened"})
    one, member = agent(method, turn(7), frames=3), 3
    seen = []

    def encode(inputs: np.ndarray) -> np.ndarray:
        seen.append(inputs[member])
        return Agent.encode(one, inputs)

    policy = one.by_read_out()
    one.encode = encode
    run = TASK.steer(policy)
    x = WORLD.observe(MEMBERS[member])
    whole = windows(x, 3)
    scaling = Inputs.fit(whole[: WORLD.train - 2], "whitened")
    C = WORLD.trajectories[MEMBERS[member].seed].C
    for episode in (0, 7):
        start = WORLD.train + episode * CONTROL.horizon
        response = (run.s - TASK.free)[member, episode]
        response = np.concatenate([np.zeros((2, 4)), response])
        moved = x[start - 2 : start + CONTROL.horizon + 1] + response @ C.T
        expected = scaling(windows(moved, 3))
        for step in (0, 1, 5):
            np.testing.assert_allclose(seen[step][episode], expected[step], atol=1e-8)


def test_measures_of_acting(turned):
    evaluation = Evaluation(horizons=(1,), drawn_scale=8, drawn_steps=50)
    costs, known = references("default", TRUTH, TASK, evaluation, 0)
    np.testing.assert_allclose(costs["lqg"], LQG)
    assert known.measures["lqg"]["regret"]["8"]["mean"] == 0
    assert known.measures["no_input"]["regret"]["8"]["mean"] == 1
    assert known.measures["lqg"]["control_cost"]["0"]["mean"] == pytest.approx(LQG[:2].mean())
    done = outcomes("bjepa", "default", TRUTH, turned, costs, evaluation)
    found = done.measures["bjepa"]
    assert set(found) == {"regret", "regret_latent", "regret_goal", "regret_goal_next"}
    expected = regrets(turned.by_read_out())
    assert found["regret"]["8"]["mean"] == pytest.approx(expected[2:].mean())
    assert headlines("bjepa", {"default": done}) == {
        "default": {"regret": pytest.approx(max(expected[:2].mean(), expected[2:].mean()))}
    }
    assert done.drawn["bjepa_distance"].shape == (2, CONTROL.horizon + 1)
    np.testing.assert_array_equal(done.drawn["bjepa_path"][1, 0], TASK.free[2, 0, 0])
    assert {row["table"] for row in done.rows} == {"control"}
