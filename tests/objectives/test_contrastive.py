"""InfoNCE against its definition written as loops, and where it is known in closed form."""

import math
import re

import numpy as np
import pytest
import torch

from jepatlas.objectives.contrastive import info_nce
from tests.objectives.members import assert_members_do_not_mix


def pair(*shape: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Two stacks of float64 embeddings, z' near z."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=shape)
    return torch.tensor(z), torch.tensor(z + 0.5 * rng.normal(size=shape))


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / math.sqrt((a @ a) * (b @ b)))


def info_nce_by_loops(z: np.ndarray, z_prime: np.ndarray, temperature: float) -> float:
    """One member's loss, `[batch, dim]` both: eq. 4 of the paper, anchor by anchor."""
    total = 0.0
    for i, anchor in enumerate(z):
        scores = [math.exp(cosine(anchor, other) / temperature) for other in z_prime]
        total -= math.log(scores[i] / sum(scores))
    return total / len(z)


@pytest.mark.parametrize("temperature", [0.05, 0.5, 3.0])
@pytest.mark.parametrize("shape", [(3, 7, 4), (1, 2, 5), (2, 1, 3)])
def test_info_nce_is_the_loop(shape, temperature):
    z, z_prime = pair(*shape)
    expected = [
        info_nce_by_loops(a, b, temperature)
        for a, b in zip(z.numpy(), z_prime.numpy(), strict=True)
    ]
    np.testing.assert_allclose(info_nce(z, z_prime, temperature), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_orthogonal_points_have_the_softmax_of_one_and_zeros(temperature):
    z = 3 * torch.eye(5, dtype=torch.float64)[None]
    expected = math.log(1 + 4 * math.exp(-1 / temperature))
    assert info_nce(z, z, temperature).item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("batch", [1, 2, 9])
def test_a_constant_map_can_only_guess(batch):
    z = torch.ones(2, batch, 3, dtype=torch.float64)
    expected = np.full(2, math.log(batch))
    np.testing.assert_allclose(info_nce(z, 2 * z, 0.5), expected, rtol=1e-12, atol=1e-12)


def test_lengths_do_not_matter():
    z, z_prime = pair(2, 6, 3)
    lengths = torch.linspace(0.1, 10, 12, dtype=torch.float64).reshape(2, 6, 1)
    scaled = info_nce(z * lengths, z_prime * lengths.flip(1), 0.5)
    np.testing.assert_allclose(scaled, info_nce(z, z_prime, 0.5), rtol=1e-12)


def test_members_do_not_mix():
    z, z_prime = pair(3, 6, 4)
    assert_members_do_not_mix(lambda z, k: info_nce(z, z_prime[k], 0.5), z, rtol=1e-10, atol=1e-14)


def test_large_logits_stay_finite():
    z, z_prime = (view.float() for view in pair(2, 8, 4))
    losses = info_nce(z, z_prime, 1e-3)
    expected = info_nce(z.double(), z_prime.double(), 1e-3)
    np.testing.assert_allclose(losses, expected, rtol=1e-3)


@pytest.mark.parametrize(
    ("shape", "other", "temperature", "message"),
    [
        ((2, 4, 3), (2, 4, 2), 1, "got [2, 4, 3] and [2, 4, 2]"),
        ((4, 3), (4, 3), 1, "got [4, 3] and [4, 3]"),
        ((2, 0, 3), (2, 0, 3), 1, "at least 1 points per batch are needed, got 0"),
        ((2, 4, 3), (2, 4, 3), 0, "temperature should be positive, is 0"),
        ((2, 4, 3), (2, 4, 3), -0.5, "temperature should be positive, is -0.5"),
        ((2, 4, 3), (2, 4, 3), math.nan, "temperature should be positive, is nan"),
    ],
)
def test_refusals_carry_the_value(shape, other, temperature, message):
    with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
        info_nce(torch.ones(shape), torch.ones(other), temperature)
