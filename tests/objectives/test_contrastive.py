"""Contrastive losses against their definitions written as loops, and where they are known in
closed form."""

import math
import re

import numpy as np
import pytest
import torch

from jepatlas.objectives.contrastive import gaussian_info_nce, info_nce, nt_xent, spectral
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


def nt_xent_by_loops(z: np.ndarray, z_prime: np.ndarray, temperature: float) -> float:
    """Algorithm 1 of arXiv 2002.05709 on one member's views, one anchor after the other."""
    n = len(z)
    views = np.concatenate([z, z_prime])
    total = 0.0
    for i, anchor in enumerate(views):
        others = [j for j in range(2 * n) if j != i]
        scores = {j: math.exp(cosine(anchor, views[j]) / temperature) for j in others}
        total -= math.log(scores[(i + n) % (2 * n)] / sum(scores.values()))
    return total / (2 * n)


@pytest.mark.parametrize("temperature", [0.05, 0.5, 3.0])
@pytest.mark.parametrize("shape", [(3, 7, 4), (1, 2, 5), (2, 1, 3)])
def test_nt_xent_is_the_loop(shape, temperature):
    z, z_prime = pair(*shape)
    expected = [
        nt_xent_by_loops(a, b, temperature) for a, b in zip(z.numpy(), z_prime.numpy(), strict=True)
    ]
    np.testing.assert_allclose(nt_xent(z, z_prime, temperature), expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(nt_xent(z_prime, z, temperature), expected, rtol=1e-10, atol=1e-12)


def test_nt_xent_of_a_constant_map_can_only_guess():
    z = torch.ones(2, 5, 3, dtype=torch.float64)
    np.testing.assert_allclose(nt_xent(z, 2 * z, 0.5), np.full(2, math.log(9)), rtol=1e-12)


@pytest.mark.parametrize("shape", [(3, 7, 4), (1, 2, 5)])
def test_spectral_is_the_loop(shape):
    z, z_prime = pair(*shape)
    expected = []
    for a, b in zip(z.numpy(), z_prime.numpy(), strict=True):
        n = len(a)
        positive = sum(a[i] @ b[i] for i in range(n)) / n
        negative = [(a[i] @ b[j]) ** 2 for i in range(n) for j in range(n) if i != j]
        expected.append(-2 * positive + np.mean(negative))
    np.testing.assert_allclose(spectral(z, z_prime), expected, rtol=1e-12)


def test_the_optimum_of_the_spectral_loss_is_the_kernels_best_factorisation():
    """Of a finite world: its embedding by the leading eigenvectors has the least expected loss,
    minus the sum of their squared eigenvalues, and any other one is above it."""
    joint = np.random.default_rng(0).random((6, 6))
    joint = (joint + joint.T) / (joint + joint.T).sum()  # p(x, x') of positive pairs
    weight = joint.sum(axis=0)
    values, vectors = np.linalg.eigh(joint / np.sqrt(np.outer(weight, weight)))
    kept = values > 0
    best = vectors[:, kept] * np.sqrt(values[kept]) / np.sqrt(weight)[:, None]
    # A batch of two pairs (a, b) and (c, d), as every batch that may be drawn, one a member.
    a, b, c, d = np.indices((6,) * 4).reshape(4, -1)

    def expected_loss(f: np.ndarray) -> float:
        losses = spectral(
            torch.tensor(f[np.stack([a, c], 1)]), torch.tensor(f[np.stack([b, d], 1)])
        )
        return float((joint[a, b] * joint[c, d] * losses.numpy()).sum())

    least = expected_loss(best)
    assert least == pytest.approx(-(values[kept] ** 2).sum(), rel=1e-9)
    for seed in range(3):
        other = best + 0.1 * np.random.default_rng(seed).normal(size=best.shape)
        assert expected_loss(other) > least


@pytest.mark.parametrize(
    "loss",
    [
        lambda z, z_prime: info_nce(z, z_prime, 0.5),
        lambda z, z_prime: nt_xent(z, z_prime, 0.5),
        spectral,
    ],
    ids=["info_nce", "nt_xent", "spectral"],
)
def test_members_do_not_mix(loss):
    z, z_prime = pair(3, 6, 4)
    assert_members_do_not_mix(lambda z, k: loss(z, z_prime[k]), z, rtol=1e-9, atol=1e-13)


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
    for loss in (info_nce, nt_xent):
        with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
            loss(torch.ones(shape), torch.ones(other), temperature)


def test_spectral_needs_a_negative():
    with pytest.raises(ValueError, match=r"at least 2 points per batch are needed, got 1$"):
        spectral(torch.ones(2, 1, 3), torch.ones(2, 1, 3))


@pytest.mark.parametrize("shape", [(3, 7, 4), (2, 1, 3)])
def test_gaussian_info_nce_is_the_loop(shape):
    z, z_prime = pair(*shape)
    expected = []
    for a, b in zip(z.numpy(), z_prime.numpy(), strict=True):
        kernel = [[math.exp(-((u - v) @ (u - v)) / 2) for v in b] for u in a]
        expected.append(-np.mean([math.log(row[i] / sum(row)) for i, row in enumerate(kernel)]))
    np.testing.assert_allclose(gaussian_info_nce(z, z_prime).numpy(), expected, rtol=1e-12)


def test_gaussian_info_nce_refuses_shapes_that_differ():
    with pytest.raises(ValueError, match=re.escape("[1, 3, 2] and [1, 4, 2]")):
        gaussian_info_nce(torch.zeros(1, 3, 2), torch.zeros(1, 4, 2))


def test_members_of_gaussian_info_nce_do_not_mix():
    z, z_prime = pair(3, 6, 4)
    assert_members_do_not_mix(
        lambda z, own: gaussian_info_nce(z, z_prime[own]), z, rtol=1e-10, atol=1e-14
    )
