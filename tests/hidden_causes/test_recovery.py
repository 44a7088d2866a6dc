"""How recovery is measured: of embeddings that are known, and the theorem's bound."""

import numpy as np
import pytest
from scipy.spatial import procrustes
from scipy.stats import ortho_group

from jepatlas.hidden_causes.measuring.planning import plan
from jepatlas.hidden_causes.measuring.points import points
from jepatlas.hidden_causes.measuring.recovery import (
    Known,
    accuracy,
    bound,
    exact_moments,
    sampled_moments,
)
from jepatlas.hidden_causes.truth.kernel import hermite_nodes
from jepatlas.hidden_causes.truth.parameters import Evaluation
from jepatlas.hidden_causes.truth.worlds import World

SIZES = Evaluation(fit=500, test=4000, paths=10, side=5)


def known(h, rho=0.8, dim=2):
    chosen = points(World("banana", (rho,) * dim), SIZES, seed=3)
    return Known(chosen.fit, h(chosen.fit), chosen.z, h(chosen.z), h(chosen.z_prime))


def test_a_rotation_of_the_latents_is_everything_one_can_ask_for():
    rotation = ortho_group.rvs(4, random_state=0)
    found = accuracy(known(lambda z: 2 + z @ rotation, dim=4))
    assert found["r2"] == pytest.approx(1)
    assert found["r2_back"] == pytest.approx(1)
    assert found["orthogonality"] == pytest.approx(0, abs=1e-6)
    assert found["procrustes"] == pytest.approx(0, abs=1e-9)
    assert found["correlation"] < 0.95
    limits = bound(sampled_moments(known(lambda z: 2 + z @ rotation, dim=4)), 0.8)
    assert limits["bound"] == pytest.approx(0, abs=1e-6)
    assert limits["error"] == pytest.approx(0, abs=1e-6)


def test_correlation_is_after_matching_outputs_to_latents():
    assert accuracy(known(lambda z: -z[:, ::-1]))["correlation"] == pytest.approx(1)


def test_procrustes_is_scipys():
    h = lambda z: np.tanh(z) @ np.array([[1, 0.5], [0, 2.0]])  # noqa: E731
    mine, points_ = accuracy(known(h))["procrustes"], known(h)
    assert mine == pytest.approx(procrustes(points_.z, points_.h)[2])


def test_half_of_the_latents():
    found = accuracy(known(lambda z: np.stack([z[:, 0], z[:, 0] ** 2], axis=-1)))
    assert found["r2"] == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("rho", [0.5, 0.95])
def test_the_bound_is_not_broken_and_is_reached(rho):
    draws = np.random.default_rng(0)
    nodes = hermite_nodes()
    for strength in (0, 0.05, 0.2, 1):
        matrix = ortho_group.rvs(2, random_state=draws) + strength * draws.normal(size=(2, 2))
        h = nodes @ matrix + strength * np.sin(2 * nodes) + strength * (nodes**2 - 1)
        assert bound(exact_moments(h, rho), rho)["slack"] > -1e-9
    # With degree 2 alone beside the linear part, and whitened, D is the share of degree 2.
    share = 0.1
    h = np.sqrt(1 - share) * nodes + np.sqrt(share / 2) * (nodes**2 - 1)
    found = bound(exact_moments(h, rho), rho)
    assert found["delta"] == pytest.approx(2 * share * 2 * rho * (1 - rho))
    assert found["epsilon"] == pytest.approx(0, abs=1e-9)
    # Both latents: the nonlinear part, and the linear one that is too short.
    assert found["error"] == pytest.approx(2 * (share + (1 - np.sqrt(1 - share)) ** 2))


def test_exact_moments_are_those_of_many_pairs():
    def bent(z):
        return np.stack([z[:, 0] + 0.3 * np.sin(z[:, 1]), z[:, 1] + 0.2 * z[:, 0] ** 2], axis=-1)

    exact = exact_moments(bent(hermite_nodes()), 0.8)
    for one, other in zip(exact, sampled_moments(known(bent)), strict=True):
        np.testing.assert_allclose(one, other, atol=0.02)


def test_test_points_have_the_moments_of_the_pair_exactly():
    _, z, z_prime = points(World("banana", (0.7, 0.7)), SIZES, seed=0)
    np.testing.assert_allclose(z.T @ z / len(z), np.eye(2), atol=1e-9)
    np.testing.assert_allclose(z.T @ z_prime / len(z), 0.7 * np.eye(2), atol=1e-9)


def test_plans_in_a_linear_image_are_straight_and_in_a_bent_one_longer():
    draws = np.random.default_rng(1)
    start, goal = draws.uniform(-1.5, 1.5, (2, 3, 20, 2))
    linear = plan(lambda z: z @ np.array([[1.0, 2, 0], [0, 1, 3]]), start, goal)
    np.testing.assert_allclose(linear.ratio, 1, atol=1e-3)
    world = World("banana", (0.8, 0.8))
    bent = plan(world.observe, start, goal)
    share = np.linspace(0, 1, 41)[:, None, None]
    x0, x1 = world.observe(start), world.observe(goal)
    exact = np.stack([world.unobserve(x0 + t * (x1 - x0)) for t in share], axis=1)
    np.testing.assert_allclose(bent.paths, exact, atol=1e-2)
    assert bent.ratio.min() > 1 - 1e-3


def test_a_plan_in_a_collapsed_representation_does_not_arrive():
    start, goal = np.random.default_rng(2).uniform(-1, 1, (2, 1, 10, 2))
    assert np.isnan(plan(np.zeros_like, start, goal).ratio).all()
