"""The prediction losses against the explicit loops over pairs."""

import re

import numpy as np
import pytest
import torch

from jepatlas.objectives.prediction import paired_distance, pairwise_distance
from tests.objectives.members import assert_members_do_not_mix

LOSSES = pytest.mark.parametrize("loss", [paired_distance, pairwise_distance])


def pair(*shape: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    return torch.tensor(rng.normal(size=shape)), torch.tensor(rng.normal(size=shape))


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.sqrt((vector**2).sum())


def squared_distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(((unit(a) - unit(b)) ** 2).sum())


@pytest.mark.parametrize("shape", [(3, 6, 4), (2, 1, 5), (1, 9, 1)])
def test_pairwise_is_the_double_loop(shape):
    z, z_prime = pair(*shape)
    expected = [
        np.mean([squared_distance(x, y) for x in a for y in b])
        for a, b in zip(z.numpy(), z_prime.numpy(), strict=True)
    ]
    np.testing.assert_allclose(pairwise_distance(z, z_prime), expected, rtol=1e-11)


@pytest.mark.parametrize("shape", [(3, 6, 4), (2, 1, 5), (1, 9, 1)])
def test_paired_is_the_loop(shape):
    z, z_prime = pair(*shape)
    expected = [
        np.mean([squared_distance(x, y) for x, y in zip(a, b, strict=True)])
        for a, b in zip(z.numpy(), z_prime.numpy(), strict=True)
    ]
    np.testing.assert_allclose(paired_distance(z, z_prime), expected, rtol=1e-11)


def test_paired_is_two_minus_two_cosines():
    z, z_prime = pair(3, 8, 4)
    cosine = torch.nn.functional.cosine_similarity(z, z_prime, dim=-1)  # [members, batch]
    np.testing.assert_allclose(paired_distance(z, z_prime), 2 - 2 * cosine.mean(1), rtol=1e-11)


@LOSSES
def test_from_zero_for_one_direction_to_four_for_opposite_ones(loss):
    z = torch.tensor([1.0, -2.0, 2.0], dtype=torch.float64).expand(2, 5, 3)
    lengths = torch.linspace(0.5, 3, 5, dtype=torch.float64)[:, None]
    np.testing.assert_allclose(loss(z, lengths * z), [0, 0], atol=1e-14)
    np.testing.assert_allclose(loss(z, -lengths * z), [4, 4], rtol=1e-14)


@LOSSES
@pytest.mark.parametrize("seed", range(3))
def test_always_between_zero_and_four(loss, seed):
    losses = loss(*pair(200, 2, 2, seed=seed))
    assert losses.min() >= 0
    assert losses.max() <= 4
    assert losses.max() - losses.min() > 2, "the range should be explored"


def test_pairwise_forbids_what_paired_allows():
    """Points spread out and views that agree: nothing to pay for pairs, 2 on average over all."""
    z = torch.eye(4, dtype=torch.float64)[None]
    z = torch.cat([z, -z], dim=1)
    assert paired_distance(z, z).item() == pytest.approx(0, abs=1e-14)
    assert pairwise_distance(z, z).item() == pytest.approx(2, abs=1e-14)


@LOSSES
def test_members_do_not_mix(loss):
    z, z_prime = pair(3, 6, 4)
    assert_members_do_not_mix(lambda z, k: loss(z, z_prime[k]), z, rtol=1e-10, atol=1e-14)


@LOSSES
def test_a_zero_embedding_has_a_finite_gradient(loss):
    z, z_prime = pair(1, 3, 2)
    z[0, 0] = 0
    z.requires_grad_()
    loss(z, z_prime).sum().backward()
    assert z.grad.isfinite().all()


@LOSSES
@pytest.mark.parametrize(
    ("shape", "other", "message"),
    [
        ((2, 4, 3), (2, 5, 3), "got [2, 4, 3] and [2, 5, 3]"),
        ((4, 3), (4, 3), "got [4, 3] and [4, 3]"),
        ((2, 0, 3), (2, 0, 3), "at least 1 points per batch are needed, got 0"),
    ],
)
def test_refusals_carry_the_value(loss, shape, other, message):
    with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
        loss(torch.ones(shape), torch.ones(other))
