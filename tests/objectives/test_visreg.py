"""VISReg against algorithm 1 of its paper, written in NumPy."""

import re

import numpy as np
import pytest
import torch
from scipy.stats import norm, wasserstein_distance

from jepatlas.objectives.visreg import visreg
from tests.objectives.members import (
    assert_members_do_not_mix,
    assert_views_have_the_loss,
    normal,
)


def visreg_by_loops(
    z: np.ndarray, z_prime: np.ndarray, directions: np.ndarray, trade_off: float
) -> float:
    """One member's loss: views `[batch, dim]`, directions `[dim, slices]`."""
    views = np.stack([z, z_prime])
    agreement = ((views - views.mean(axis=0)) ** 2).mean()
    n = len(z)
    quantiles = norm.ppf(np.arange(1, n + 1) / (n + 1))
    penalties = []
    for view in views:
        mean, std = view.mean(axis=0), view.std(axis=0)
        shape = []
        for direction in directions.T:
            projected = ((view - mean) / (std + 1e-4)) @ direction / np.linalg.norm(direction)
            shape.append(np.mean((np.sort(projected) - quantiles) ** 2))
        penalties.append((mean**2).mean() + ((1 - std) ** 2).mean() + np.mean(shape))
    return (1 - trade_off) * agreement + trade_off * float(np.mean(penalties))


@pytest.mark.parametrize("trade_off", [0, 0.3, 1])
@pytest.mark.parametrize("shape", [(3, 6, 4, 5), (1, 2, 1, 1)])
def test_visreg_is_the_loop(shape, trade_off):
    assert_views_have_the_loss(visreg, visreg_by_loops, shape, trade_off, rtol=1e-9)


def test_the_shape_is_a_distance_from_the_normal():
    """Embeddings at the normal's quantiles have none, and twice as wide ones none either: it is the
    scale that sees them."""
    quantiles = norm.ppf(np.arange(1, 400) / 400)
    z = torch.tensor(quantiles / quantiles.std())[None, :, None]
    direction = torch.ones(1, 1, 1, dtype=torch.float64)
    assert visreg(z, z, direction, 1.0).item() < 1e-3
    assert visreg(2 * z, 2 * z, direction, 1.0).item() == pytest.approx(1, abs=2e-3)
    # Two values, a standard deviation from the mean each: the distance from the normal is known.
    two = z.sign() / z.sign().std(correction=0)
    distance = np.mean((np.sort(two[0, :, 0].numpy()) - quantiles) ** 2)
    assert wasserstein_distance(two[0, :, 0], quantiles) ** 2 < distance
    assert visreg(two, two, direction, 1.0).item() == pytest.approx(distance, rel=1e-2)


@pytest.mark.parametrize(("two_valued", "collapses"), [(False, False), (True, True)])
def test_the_pull_of_the_shape_on_the_scale(two_valued, collapses):
    """Growing by a share changes the loss by 2 (1 - c) - 2 s (1 - s). On a line in 16 dimensions,
    points of two values are so far from normal along most directions that this is positive."""
    std, directions = 0.5, normal(16, 4000, seed=1)
    line = norm.ppf(np.arange(1, 200) / 200)
    line = np.sign(line) if two_valued else line
    line = line / line.std()
    z = torch.tensor(std * np.outer(line, np.ones(16)))[None].requires_grad_()
    visreg(z, z, torch.tensor(directions)[None], 1.0).sum().backward()
    found = (z.grad * z).sum().item()
    lengths = directions.sum(axis=0) / np.linalg.norm(directions, axis=0)
    quantiles = norm.ppf(np.arange(1, 200) / 200)
    c = np.abs(lengths).mean() * (np.sort(line) * quantiles).mean()
    expected = 2 * ((lengths**2).mean() - c) - 2 * std * (1 - std)
    assert found == pytest.approx(expected, abs=0.01)
    assert (found > 0) == collapses


def test_members_do_not_mix():
    z, z_prime = torch.tensor(normal(3, 6, 4)), torch.tensor(normal(3, 6, 4, seed=1))
    directions = torch.tensor(normal(3, 4, 5, seed=2))
    assert_members_do_not_mix(
        lambda z, k: visreg(z, z_prime[k], directions[k], 0.3), z, rtol=1e-9, atol=1e-13
    )


def test_gradients_are_finite_where_all_embeddings_are_one():
    z = torch.full((1, 5, 3), 0.7, requires_grad=True)
    visreg(z, z, torch.ones(1, 3, 2), 0.5).sum().backward()
    assert z.grad.isfinite().all()


@pytest.mark.parametrize(
    ("shapes", "trade_off", "message"),
    [
        (((2, 4, 3), (2, 4, 1), (2, 3, 5)), 0.5, "got [2, 4, 3] and [2, 4, 1]"),
        (((2, 1, 3), (2, 1, 3), (2, 3, 5)), 0.5, "at least 2 points per batch are needed, got 1"),
        (((2, 4, 3),) * 2 + ((2, 5, 3),), 0.5, "should be [2, 3, slices], are [2, 5, 3]"),
        (((2, 4, 3),) * 2 + ((2, 3, 5),), 1.5, "trade_off should lie in [0, 1], is 1.5"),
    ],
)
def test_refusals_carry_the_value(shapes, trade_off, message):
    with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
        visreg(*map(torch.ones, shapes), trade_off)
