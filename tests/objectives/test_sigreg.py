"""SIGReg against adaptive quadrature of the definition, the Epps-Pulley closed form and, knot by
knot, what LeJEPA's released code computes."""

import math
import re

import numpy as np
import pytest
import torch
from scipy.integrate import quad

from jepatlas.objectives.sigreg import epps_pulley, lejepa, predictive, sigreg
from tests.objectives.members import (
    assert_members_do_not_mix,
    assert_views_have_the_loss,
    normal,
)


def integrand(t: float, samples: np.ndarray) -> float:
    """n |phi_n(t) - exp(-t^2/2)|^2 exp(-t^2/2), with a complex exponential."""
    difference = np.mean(np.exp(1j * t * samples)) - math.exp(-(t**2) / 2)
    return len(samples) * abs(difference) ** 2 * math.exp(-(t**2) / 2)


def closed_form(x: np.ndarray) -> float:
    """The integral over the whole line, by the Gaussian integrals of its three terms."""
    n = len(x)
    pairs = np.exp(-((x[:, None] - x) ** 2) / 2).sum()
    return (
        math.sqrt(2 * math.pi) * pairs / n
        - 2 * math.sqrt(math.pi) * np.exp(-(x**2) / 4).sum()
        + n * math.sqrt(2 * math.pi / 3)
    )


SAMPLES = pytest.mark.parametrize(
    "samples",
    [
        np.zeros(1),
        np.array([1.7]),
        np.array([-0.3, 2.1]),
        normal(5),
        0.2 * normal(8, seed=1) - 1,
        2 * np.sign(normal(20, seed=2)),
    ],
    ids=["zero", "one", "two", "normal", "narrow", "two-valued"],
)


@SAMPLES
def test_epps_pulley_by_quadrature(samples):
    expected, error = quad(integrand, -3, 3, args=(samples,))
    assert error < 1e-6
    # So little are the knots off: the integrand is smooth, and small at both ends.
    assert epps_pulley(torch.tensor(samples)).item() == pytest.approx(expected, rel=1e-3)


@SAMPLES
def test_epps_pulley_in_closed_form(samples):
    """Over the whole line: little lies beyond 3."""
    assert epps_pulley(torch.tensor(samples)).item() == pytest.approx(
        closed_form(samples), rel=0.02
    )


@SAMPLES
def test_epps_pulley_is_the_trapezoid_rule_of_the_released_code(samples):
    """17 knots on [0, 3], twice: the integrand is even."""
    t = np.linspace(0, 3, 17)
    expected = 2 * np.trapezoid([integrand(knot, samples) for knot in t], t)
    assert epps_pulley(torch.tensor(samples)).item() == pytest.approx(expected, rel=1e-12)


def test_far_samples_do_not_pass_for_near_ones():
    """Spaced as 17 knots on [-5, 5] are, they would: all those 10.05 apart."""
    near, far = torch.zeros(64), torch.full((64,), 2 * math.pi / 0.625)
    assert epps_pulley(far) > 1.2 * epps_pulley(near)


def test_leading_axes_are_kept():
    samples = torch.tensor(normal(2, 3, 9))
    expected = [[epps_pulley(row).item() for row in block] for block in samples]
    np.testing.assert_allclose(epps_pulley(samples), expected, rtol=1e-12)


def test_normal_samples_have_the_null_expectation():
    """E n |phi_n - phi|^2 = 1 - phi^2 at each knot, whatever n."""
    t = np.linspace(-3, 3, 33)
    window = np.exp(-(t**2) / 2)
    expected = np.trapezoid((1 - window**2) * window, t)
    for n in (3, 50):
        statistics = epps_pulley(torch.tensor(normal(4000, n, seed=n)))
        error = statistics.std().item() / math.sqrt(len(statistics))
        assert statistics.mean().item() == pytest.approx(expected, abs=4 * error)


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x + 1,
        lambda x: 2 * x,
        lambda x: 0.5 * x,
        lambda x: np.sign(x) + 0.1 * x,
        lambda x: (x**2 - 1) / math.sqrt(2),
    ],
    ids=["shifted", "wide", "narrow", "bimodal", "skewed"],
)
def test_other_samples_are_far_above_it(change):
    """By n times the distance of the distributions, so ten times the points are ten times worse."""
    few, many = (epps_pulley(torch.tensor(change(normal(20, n)))).mean() for n in (100, 1000))
    assert few > 3
    assert many / few == pytest.approx(10, rel=0.35)


def test_epps_pulley_refuses_no_samples():
    with pytest.raises(ValueError, match=r"at least one sample is needed, got 0$"):
        epps_pulley(torch.zeros(3, 0))


def sigreg_by_loops(z: np.ndarray, directions: np.ndarray) -> float:
    """One member's: `[batch, dim]`, `[dim, slices]`."""
    t = np.linspace(0, 3, 17)
    statistics = []
    for direction in directions.T:
        slice_ = z @ direction / np.sqrt((direction**2).sum())
        statistics.append(2 * np.trapezoid([integrand(knot, slice_) for knot in t], t))
    return float(np.mean(statistics))


def lejepa_by_loops(
    z: np.ndarray, z_prime: np.ndarray, directions: np.ndarray, trade_off: float
) -> float:
    """One member's loss by Algorithm 2: views `[batch, dim]`, directions `[dim, slices]`."""
    views = np.stack([z, z_prime])
    agreement = ((views.mean(axis=0) - views) ** 2).mean()
    gaussianity = np.mean([sigreg_by_loops(view, directions) for view in views])
    return (1 - trade_off) * agreement + trade_off * gaussianity


@pytest.mark.parametrize("trade_off", [0, 0.3, 1])
@pytest.mark.parametrize("shape", [(3, 6, 4, 5), (1, 1, 1, 1)])
def test_lejepa_is_the_loop(shape, trade_off):
    assert_views_have_the_loss(lejepa, lejepa_by_loops, shape, trade_off, rtol=1e-10)


@pytest.mark.parametrize("trade_off", [0, 0.3, 1])
def test_the_predictive_loss_is_the_loop(trade_off):
    """Members alike but for their views: the prediction is held to z', the views to the normal."""
    prediction, z, z_prime = (normal(2, 6, 4, seed=k) for k in range(3))
    directions = 3 * normal(2, 4, 5, seed=4)
    expected = [
        (1 - trade_off) * np.mean((prediction[k] - z_prime[k]) ** 2)
        + trade_off * np.mean([sigreg_by_loops(view[k], directions[k]) for view in (z, z_prime)])
        for k in range(2)
    ]
    found = predictive(*map(torch.tensor, (prediction, z, z_prime, directions)), trade_off)
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize(
    "loss",
    [
        lambda z, z_prime, directions: sigreg(z, directions),
        lambda z, z_prime, directions: lejepa(z, z_prime, directions, 0.3),
        lambda z, z_prime, directions: predictive(2 * z, z, z_prime, directions, 0.3),
    ],
    ids=["sigreg", "lejepa", "predictive"],
)
def test_members_do_not_mix(loss):
    z, z_prime = torch.tensor(normal(3, 6, 4)), torch.tensor(normal(3, 6, 4, seed=1))
    directions = torch.tensor(normal(3, 4, 5, seed=2))
    assert_members_do_not_mix(
        lambda z, k: loss(z, z_prime[k], directions[k]), z, rtol=1e-9, atol=1e-13
    )


def test_a_collapsed_batch_is_pushed_apart():
    """The gradient is finite there, and a small step against it lowers the loss."""
    z = 0.01 * torch.tensor(normal(1, 64, 2))
    z.requires_grad_()
    directions = torch.tensor(normal(1, 2, 8, seed=1))
    loss = lejepa(z, z, directions, 1.0)
    loss.sum().backward()
    assert z.grad.isfinite().all()
    assert (z.grad * z).sum() < 0, "growing should lower the loss"


@pytest.mark.parametrize(
    ("shapes", "trade_off", "message"),
    [
        (((2, 4, 3), (2, 4, 1), (2, 3, 5)), 0.5, "got [2, 4, 3] and [2, 4, 1]"),
        (((2, 0, 3), (2, 0, 3), (2, 3, 5)), 0.5, "per batch are needed, got 0"),
        (((2, 4, 3),) * 2 + ((1, 3, 5),), 0.5, "should be [2, 3, slices], are [1, 3, 5]"),
        (((2, 4, 3),) * 2 + ((2, 5, 3),), 0.5, "should be [2, 3, slices], are [2, 5, 3]"),
        (((2, 4, 3),) * 2 + ((2, 3, 5),), -0.1, "trade_off should lie in [0, 1], is -0.1"),
        (((2, 4, 3),) * 2 + ((2, 3, 5),), 1.5, "trade_off should lie in [0, 1], is 1.5"),
        (((2, 4, 3),) * 2 + ((2, 3, 5),), math.nan, "trade_off should lie in [0, 1], is nan"),
    ],
)
def test_refusals_carry_the_value(shapes, trade_off, message):
    z, z_prime, directions = map(torch.ones, shapes)
    with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
        lejepa(z, z_prime, directions, trade_off)
    with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
        predictive(z, z, z_prime, directions, trade_off)
