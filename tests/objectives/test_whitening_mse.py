"""W-MSE against whitening by an inverse root, which has the same distances and cosines."""

import re

import numpy as np
import pytest
import torch
from scipy.linalg import cholesky, inv

from jepatlas.objectives.whitening_mse import whitened_distance
from tests.objectives.members import assert_members_do_not_mix


def pair(*shape: int, scale: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(0)
    mixing = np.eye(shape[-1]) + 0.4 * rng.normal(size=(shape[-1], shape[-1]))
    z = scale * (rng.normal(size=shape) @ mixing + 3)
    return torch.tensor(z), torch.tensor(z + 0.3 * scale * rng.normal(size=shape))


def by_numpy(z: np.ndarray, z_prime: np.ndarray) -> float:
    """One member's loss, `[batch, dim]` both."""
    units = []
    for view in (z, z_prime):
        covariance = 0.999 * np.cov(view.T) + 0.001 * np.eye(view.shape[1])
        white = (view - view.mean(axis=0)) @ inv(cholesky(covariance, lower=True)).T
        units.append(white / np.linalg.norm(white, axis=1, keepdims=True))
    return float(((units[0] - units[1]) ** 2).sum(axis=1).mean())


@pytest.mark.parametrize("scale", [0.1, 1.0, 100.0])
@pytest.mark.parametrize("shape", [(3, 7, 4), (1, 3, 2)])
def test_it_is_the_papers(shape, scale):
    z, z_prime = pair(*shape, scale=scale)
    expected = [by_numpy(a, b) for a, b in zip(z.numpy(), z_prime.numpy(), strict=True)]
    np.testing.assert_allclose(whitened_distance(z, z_prime), expected, rtol=1e-9)


def test_maps_that_the_root_absorbs_change_nothing():
    """Shifts, scales and triangular maps; but for the shrinkage, which large embeddings do not
    feel."""
    z, z_prime = pair(2, 12, 3, scale=1e4)
    mixing = torch.tensor(np.random.default_rng(1).normal(size=(3, 3))).tril()
    mixing.diagonal().abs_()
    moved = whitened_distance(z @ mixing.T + 5, z_prime @ mixing.T + 5)
    np.testing.assert_allclose(moved, whitened_distance(z, z_prime), rtol=1e-6)


def test_a_collapsed_batch_is_not_a_solution():
    """A line costs as much as in any other direction, and gradients stay finite at a point."""
    line = torch.linspace(-1, 1, 9, dtype=torch.float64)[None, :, None] * torch.ones(1, 1, 3)
    z = line.clone().requires_grad_()
    whitened_distance(z, line.flip(1)).sum().backward()
    assert z.grad.isfinite().all()
    constant = torch.ones(1, 6, 2, requires_grad=True)
    whitened_distance(constant, constant).sum().backward()
    assert constant.grad.isfinite().all()


def test_members_do_not_mix():
    z, z_prime = pair(3, 8, 4)
    assert_members_do_not_mix(
        lambda z, k: whitened_distance(z, z_prime[k]), z, rtol=1e-9, atol=1e-13
    )


@pytest.mark.parametrize(
    ("shape", "other", "message"),
    [
        ((2, 4, 3), (2, 4, 1), "got [2, 4, 3] and [2, 4, 1]"),
        ((2, 3, 3), (2, 3, 3), "at least 4 points per batch are needed, got 3"),
    ],
)
def test_refusals_carry_the_value(shape, other, message):
    with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
        whitened_distance(torch.ones(shape), torch.ones(other))
