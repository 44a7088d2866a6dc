"""Langevin dynamics where its stationary distribution is known exactly."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from torch import Tensor

from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.measuring.sampling import Samples, langevin


def gaussian_energy(x: Tensor) -> Tensor:
    return x.square().sum(-1) / 2


def run(
    energy,
    start: Tensor,
    step: float,
    steps: int,
    adjusted: bool,
    times: int = 2,
    members: list[int] | None = None,
) -> Samples:
    noise = Draws(0, len(start) if members is None else members, "langevin")
    return langevin(energy, start, step, steps, noise, adjusted, times)


def settled(samples: Samples) -> np.ndarray:
    return samples.path[-1].double().numpy()


def check_variance(x: np.ndarray, expected: float) -> None:
    """Independent Gaussian numbers: the error of their variance is sqrt(2 / n) of it."""
    assert x.mean() == pytest.approx(0, abs=4 * np.sqrt(expected / x.size))
    assert x.var() == pytest.approx(expected, rel=4 * np.sqrt(2 / x.size))


# The chain itself


@pytest.mark.parametrize("adjusted", [False, True])
@pytest.mark.parametrize("step", [0.05, 0.3])
def test_one_move_by_hand(adjusted, step):
    """The draws are known: the proposal, and whether it is taken, follow from the formulas."""
    start = torch.tensor(np.random.default_rng(0).normal(size=(2, 500, 2)), dtype=torch.float32)

    def energy(x: Tensor) -> Tensor:
        return x.square().square().sum(-1) / 4 + x[..., 0]

    noise = Draws(0, 2, "langevin")
    xi, u = noise.normal(500, 2).double().numpy(), noise.uniform(500).double().numpy()
    x = start.double().numpy()

    def force(y: np.ndarray) -> np.ndarray:
        return -(y**3) - [1, 0]

    def log_target(y: np.ndarray) -> np.ndarray:
        return -(y**4).sum(-1) / 4 - y[..., 0]

    def log_proposal(to: np.ndarray, given: np.ndarray) -> np.ndarray:
        return -((to - given - step * force(given)) ** 2).sum(-1) / (4 * step)

    y = x + step * force(x) + np.sqrt(2 * step) * xi
    ratio = log_target(y) + log_proposal(x, y) - log_target(x) - log_proposal(y, x)
    accepted = u < np.exp(np.minimum(ratio, 0)) if adjusted else np.ones_like(u, dtype=bool)
    found = run(energy, start, step, 1, adjusted)
    expected = np.where(accepted[..., None], y, x)
    np.testing.assert_allclose(settled(found), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.acceptance, accepted.mean(axis=1), atol=1e-6)
    assert not adjusted or 0.1 < accepted.mean() < 0.999


@pytest.mark.parametrize("step", [0.1, 0.5, 1.0, 1.5])
def test_unadjusted_variance_of_a_gaussian(step):
    """x' = (1 - h) x + sqrt(2 h) xi has the stationary variance 2 h / (1 - (1 - h)^2)."""
    start = torch.zeros(2, 4000, 2)
    steps = int(np.ceil(5 / min(step, 2 - step)))
    samples = run(gaussian_energy, start, step, steps, adjusted=False)
    check_variance(settled(samples), 1 / (1 - step / 2))
    assert samples.acceptance.tolist() == [1, 1]


@pytest.mark.parametrize("step", [0.1, 0.5, 1.0, 1.5])
def test_adjusted_variance_of_a_gaussian_is_exact(step):
    start = Draws(1, 2, "start").normal(4000, 2)
    samples = run(gaussian_energy, start, step, 20, adjusted=True)
    check_variance(settled(samples), 1.0)
    assert ((samples.acceptance > 0) & (samples.acceptance < 1)).all()


def test_adjusted_chains_also_find_the_gaussian_from_elsewhere():
    samples = run(gaussian_energy, torch.full((1, 4000, 2), 3.0), 0.5, 40, adjusted=True)
    check_variance(settled(samples), 1.0)


# A landscape with two wells


def double_well(x: Tensor) -> Tensor:
    x = x[..., 0]
    return x.square().square() / 2 - 1.5 * x.square() + 0.4 * x


def boltzmann(function) -> float:
    """E function(x) under exp(-E), by quadrature."""

    def density(x: float) -> float:
        return float(np.exp(-(x**4 / 2 - 1.5 * x**2 + 0.4 * x)))

    total, _ = quad(density, -6, 6)
    return quad(lambda x: function(x) * density(x), -6, 6)[0] / total


@pytest.mark.parametrize("step", [0.2, 0.4])
def test_adjusted_chains_sample_a_bimodal_energy(step):
    """Means of functions against numerical integration, one per question one may ask."""
    x = settled(run(double_well, torch.zeros(1, 8000, 1), step, 60, adjusted=True)).ravel()
    questions = {
        "mean": lambda x: x,
        "square": lambda x: x**2,
        "fourth power": lambda x: x**4,
        "left well": lambda x: x < 0,
        "between": lambda x: abs(x) < 0.5,
        "wave": lambda x: np.sin(3 * x),
    }
    for name, function in questions.items():
        values = np.array(function(x), dtype=float)
        error = values.std() / np.sqrt(len(x))
        assert values.mean() == pytest.approx(boltzmann(function), abs=4 * error), name


def test_adjusted_moves_are_in_detailed_balance():
    """From exact samples, as many chains cross each point upwards as downwards in one move."""
    grid = np.linspace(-4, 4, 4001)
    mass = np.exp(-(grid**4 / 2 - 1.5 * grid**2 + 0.4 * grid))
    n = 20_000
    quantiles = (np.arange(n) + 0.5) / n
    start = np.interp(quantiles, np.cumsum(mass) / mass.sum(), grid)
    samples = run(
        double_well, torch.tensor(start, dtype=torch.float32)[None, :, None], 0.3, 1, True
    )
    before, after = samples.path.double().numpy()[:, 0, :, 0]
    for low, high in [(-3, -1.2), (-1.2, -0.5), (-0.5, 0.5), (0.5, 1.2)]:
        first = (before > low) & (before < high)
        second = (after > low) & (after < high)
        there, back = (first & (after > high)).sum(), (second & (before > high)).sum()
        assert there > 50
        assert abs(there - back) < 4 * np.sqrt(there + back)


# Bookkeeping


@pytest.mark.parametrize("adjusted", [False, True])
@pytest.mark.parametrize(
    ("steps", "times", "recorded"),
    [
        (6, 2, [0, 6]),
        (6, 4, [0, 2, 4, 6]),
        (6, 7, [0, 1, 2, 3, 4, 5, 6]),
        (10, 3, [0, 5, 10]),
        (1, 2, [0, 1]),
    ],
)
def test_recorded_times_are_even(steps, times, recorded, adjusted):
    """A chain's state after m moves is the end of a run of m moves with the same draws."""
    start = Draws(1, 2, "start").normal(5, 2)
    path = run(gaussian_energy, start, 0.3, steps, adjusted, times).path
    assert path.shape == (times, 2, 5, 2)
    for state, moves in zip(path, recorded, strict=True):
        expected = run(gaussian_energy, start, 0.3, moves, adjusted).path[-1] if moves else start
        assert torch.equal(state, expected)


@pytest.mark.parametrize(("steps", "times"), [(3, 30), (1, 5), (7, 12)])
def test_as_many_states_as_asked_for_even_with_fewer_moves(steps, times):
    start = torch.zeros(2, 5, 2)
    path = run(gaussian_energy, start, 0.3, steps, False, times).path
    assert len(path) == times
    assert torch.equal(path[0], start)
    assert len(torch.unique(path.flatten(1), dim=0)) == steps + 1


@pytest.mark.parametrize("adjusted", [False, True])
def test_a_member_moves_the_same_alone_or_among_others(adjusted):
    start = Draws(1, 3, "start").normal(50, 2)
    together = run(gaussian_energy, start, 0.8, 10, adjusted, times=4)
    alone = run(gaussian_energy, start[2:], 0.8, 10, adjusted, times=4, members=[2])
    np.testing.assert_allclose(together.path[:, 2:], alone.path, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(together.acceptance[2:], alone.acceptance, atol=1e-6)


def test_members_have_their_own_acceptance():
    """One member's energy is a thousand times stiffer: its moves are refused, the other's not."""
    stiffness = torch.tensor([1.0, 1e3])[:, None]
    start = torch.zeros(2, 200, 2)
    acceptance = run(lambda x: stiffness * gaussian_energy(x), start, 0.1, 20, True).acceptance
    assert acceptance[0] > 0.9
    assert acceptance[1] < 0.1


def test_a_proposal_without_an_energy_is_refused():
    """Past a wall the energy is not a number; an adjusted chain never goes there."""

    def walled(x: Tensor) -> Tensor:
        return gaussian_energy(x) + (1 - x[..., 0]).log() * 0

    samples = run(walled, torch.zeros(1, 500, 2), 0.2, 30, True, times=31)
    assert samples.path.isfinite().all()
    assert samples.path[..., 0].max() < 1
    assert 0 < samples.acceptance.item() < 1


def test_samples_carry_no_graph():
    parameter = torch.ones((), requires_grad=True)
    samples = run(lambda x: parameter * gaussian_energy(x), torch.zeros(1, 5, 2), 0.1, 3, True)
    assert not samples.path.requires_grad
    assert not samples.acceptance.requires_grad
    assert parameter.grad is None
