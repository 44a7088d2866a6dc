"""VICReg and Barlow Twins against the papers' pseudo-code, member by member in NumPy."""

import re

import numpy as np
import pytest
import torch
from scipy.linalg import hadamard

from jepatlas.objectives.decorrelation import barlow_twins, vicreg
from tests.objectives.members import assert_members_do_not_mix

LOSSES = pytest.mark.parametrize("loss", [vicreg, barlow_twins])


def pair(*shape: int, scale: float = 1.0, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Correlated views with correlated dimensions, float64."""
    rng = np.random.default_rng(seed)
    mixing = np.eye(shape[-1]) + 0.4 * rng.normal(size=(shape[-1], shape[-1]))
    z = rng.normal(size=shape) @ mixing + rng.normal(size=shape[-1])
    z_prime = z + 0.3 * rng.normal(size=shape)
    return torch.tensor(scale * z), torch.tensor(scale * z_prime)


def vicreg_by_the_paper(
    a: np.ndarray, b: np.ndarray, invariance: float, variance: float, covariance: float
) -> float:
    """Algorithm 1 of arXiv 2105.04906 on one member's `[batch, dim]` views, the variance terms
    halved, as in the code released with it."""
    n, dim = a.shape
    sim_loss = sum((a[i, d] - b[i, d]) ** 2 for i in range(n) for d in range(dim)) / (n * dim)
    std_loss = cov_loss = 0.0
    for z in (a, b):
        stds = [np.sqrt(z[:, d].var(ddof=1) + 1e-4) for d in range(dim)]
        std_loss += sum(max(0.0, 1 - std) for std in stds) / dim / 2
        centred = z - z.mean(axis=0)
        for d in range(dim):
            for e in range(dim):
                if d != e:
                    cov_loss += (centred[:, d] @ centred[:, e] / (n - 1)) ** 2 / dim
    return invariance * sim_loss + variance * std_loss + covariance * cov_loss


def barlow_twins_by_the_paper(a: np.ndarray, b: np.ndarray, redundancy: float) -> float:
    """Algorithm 1 of arXiv 2103.03230 on one member's views; batch normalisation's epsilon."""
    n, dim = a.shape
    a, b = ((z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-5) for z in (a, b))
    loss = 0.0
    for d in range(dim):
        for e in range(dim):
            c = sum(a[i, d] * b[i, e] for i in range(n)) / n
            loss += (1 - c) ** 2 if d == e else redundancy * c**2
    return loss


def each_member(function, z: torch.Tensor, z_prime: torch.Tensor, *weights: float) -> list[float]:
    return [function(a, b, *weights) for a, b in zip(z.numpy(), z_prime.numpy(), strict=True)]


# The scales put the standard deviations on both sides of VICReg's hinge.
@pytest.mark.parametrize("scale", [0.05, 1.0, 5.0])
@pytest.mark.parametrize("shape", [(3, 7, 4), (2, 2, 3), (1, 12, 1)])
@pytest.mark.parametrize("weights", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (2.5, 7, 0.3)])
def test_vicreg_is_the_papers(shape, scale, weights):
    z, z_prime = pair(*shape, scale=scale)
    expected = each_member(vicreg_by_the_paper, z, z_prime, *weights)
    np.testing.assert_allclose(vicreg(z, z_prime, *weights), expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("shape", [(3, 7, 4), (2, 2, 3), (1, 12, 1)])
@pytest.mark.parametrize("redundancy", [0.0, 0.1, 1.0])
def test_barlow_twins_is_the_papers(shape, scale, redundancy):
    z, z_prime = pair(*shape, scale=scale)
    expected = each_member(barlow_twins_by_the_paper, z, z_prime, redundancy)
    found = barlow_twins(z, z_prime, redundancy)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-14)


def test_default_weights_are_the_published_ones():
    z, z_prime = pair(2, 7, 4, scale=0.5)
    np.testing.assert_allclose(
        vicreg(z, z_prime), each_member(vicreg_by_the_paper, z, z_prime, 25, 25, 1), rtol=1e-10
    )
    np.testing.assert_allclose(
        barlow_twins(z, z_prime),
        each_member(barlow_twins_by_the_paper, z, z_prime, 0.005),
        rtol=1e-10,
    )


def test_barlow_twins_is_made_of_numpys_correlations():
    z, z_prime = (1e3 * view for view in pair(1, 20, 3))  # so large that the epsilon is nothing
    correlation = np.corrcoef(z[0].T, z_prime[0].T)[:3, 3:]
    off = correlation[~np.eye(3, dtype=bool)]
    expected = ((1 - np.diag(correlation)) ** 2).sum() + 0.2 * (off**2).sum()
    assert barlow_twins(z, z_prime, 0.2).item() == pytest.approx(expected, rel=1e-8)


def test_uncorrelated_dimensions_cost_nothing():
    """Columns of a Hadamard matrix: mean 0, equal variances, all products 0."""
    z = torch.tensor(2.0 * hadamard(8)[None, :, 1:], dtype=torch.float64)
    assert vicreg(z, z).item() == pytest.approx(0, abs=1e-12)
    assert barlow_twins(z, z).item() == pytest.approx(0, abs=1e-9)


def test_a_constant_map_pays_for_its_missing_variance():
    """Only the published 1e-4 under the root is left: each view is short by 1 - 0.01."""
    z = torch.full((2, 6, 3), 1.5, dtype=torch.float64)
    np.testing.assert_allclose(vicreg(z, z, variance=10.0), np.full(2, 10 * 0.99), rtol=1e-12)
    np.testing.assert_allclose(barlow_twins(z, z), np.full(2, 3.0), rtol=1e-12)


@LOSSES
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_are_finite_at_zero_variance(loss, dtype):
    z = torch.full((2, 5, 3), 0.7, dtype=dtype)
    z[0, :, 0] = torch.arange(5)  # one dimension that varies among those that do not
    z.requires_grad_()
    z_prime = z.detach().clone().requires_grad_()
    loss(z, z_prime).sum().backward()
    assert z.grad.isfinite().all()
    assert z_prime.grad.isfinite().all()


@LOSSES
def test_members_do_not_mix(loss):
    z, z_prime = pair(3, 6, 4, scale=0.5)
    assert_members_do_not_mix(lambda z, k: loss(z, z_prime[k]), z, rtol=1e-9, atol=1e-13)


@LOSSES
def test_both_views_count_alike(loss):
    z, z_prime = pair(2, 6, 4, scale=0.5)
    np.testing.assert_allclose(loss(z, z_prime), loss(z_prime, z), rtol=1e-12)


@LOSSES
@pytest.mark.parametrize(
    ("shape", "other", "message"),
    [
        ((2, 4, 3), (2, 4, 1), "got [2, 4, 3] and [2, 4, 1]"),
        ((4, 3), (4, 3), "got [4, 3] and [4, 3]"),
        ((2, 1, 3), (2, 1, 3), "at least 2 points per batch are needed, got 1"),
    ],
)
def test_refusals_carry_the_value(loss, shape, other, message):
    with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
        loss(torch.ones(shape), torch.ones(other))
