"""The whitening loss against NumPy, and where it is known."""

import re

import numpy as np
import pytest
import torch

from jepatlas.objectives.whitening import whitening
from tests.objectives.members import assert_members_do_not_mix


def pair(*shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(0)
    z = rng.normal(size=shape)
    return torch.tensor(z), torch.tensor(z + 0.5 * rng.normal(size=shape))


@pytest.mark.parametrize("trade_off", [0, 0.3, 1])
def test_it_is_the_formula_by_numpy(trade_off):
    z, z_prime = pair(3, 7, 4)
    expected = []
    for a, b in zip(z.numpy(), z_prime.numpy(), strict=True):
        covariance = np.cov(np.concatenate([a, b]).T, bias=True)
        agreement = np.linalg.norm(a - b, axis=1) ** 2
        penalty = np.linalg.norm(covariance - np.eye(4)) ** 2
        expected.append((1 - trade_off) * agreement.mean() + trade_off * penalty)
    np.testing.assert_allclose(whitening(z, z_prime, trade_off).numpy(), expected, rtol=1e-12)


def test_equal_white_views_are_an_optimum():
    square = torch.tensor([[[1.0, 1], [1, -1], [-1, 1], [-1, -1]]]) + 3
    assert whitening(square, square, 0.5).item() == pytest.approx(0, abs=1e-12)


def test_a_constant_leaves_all_of_the_penalty():
    constant = torch.ones(2, 5, 3)
    np.testing.assert_allclose(whitening(constant, constant, 0.25), [0.75, 0.75])


def test_members_do_not_mix():
    z, z_prime = pair(3, 6, 4)
    assert_members_do_not_mix(
        lambda z, own: whitening(z, z_prime[own], 0.4), z, rtol=1e-10, atol=1e-14
    )


def test_it_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=re.escape("[1, 3, 2] and [1, 4, 2]")):
        whitening(torch.zeros(1, 3, 2), torch.zeros(1, 4, 2), 0.5)
    with pytest.raises(ValueError, match=r"is 1\.5"):
        whitening(torch.zeros(1, 3, 2), torch.zeros(1, 3, 2), 1.5)
