"""The kernel Stein discrepancy against its definition, derivatives by automatic differentiation."""

import math
import re

import numpy as np
import pytest
import torch
from torch.autograd import grad

from jepatlas.objectives.kernel_discrepancy import kerjepa, stein_discrepancy
from tests.objectives.members import assert_members_do_not_mix


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.tensor(np.random.default_rng(seed).normal(size=shape))


def stein_kernel(a: torch.Tensor, b: torch.Tensor) -> float:
    """s(a).s(b) k + s(a).grad_b k + s(b).grad_a k + trace grad_a grad_b k, with s(a) = -a."""
    a, b = (one.clone().requires_grad_() for one in (a, b))
    kernel = (1 + (a - b).square().sum() / len(a)) ** -0.5
    by_a, by_b = grad(kernel, (a, b), create_graph=True)
    trace = sum(grad(by_a[d], b, retain_graph=True)[0][d] for d in range(len(a)))
    return ((a @ b) * kernel - a @ by_b - b @ by_a + trace).item()


@pytest.mark.parametrize("shape", [(2, 4, 3), (1, 2, 1)])
def test_the_discrepancy_is_the_loop(shape):
    z = 1 + 2 * normal(*shape)
    n = shape[1]
    expected = [
        np.mean([stein_kernel(one[i], one[j]) for i in range(n) for j in range(n) if i != j])
        for one in z
    ]
    np.testing.assert_allclose(stein_discrepancy(z), expected, rtol=1e-9)


@pytest.mark.parametrize("dim", [1, 8])
def test_of_normal_embeddings_it_is_nothing_on_average(dim):
    values = stein_discrepancy(normal(2000, 10, dim))
    error = values.std().item() / math.sqrt(len(values))
    assert values.mean().item() == pytest.approx(0, abs=4 * error)


def test_of_collapsed_embeddings_it_is_one():
    np.testing.assert_allclose(stein_discrepancy(torch.zeros(2, 5, 3)), np.ones(2))


@pytest.mark.parametrize(
    "change",
    [lambda z: z + 1, lambda z: 2 * z, lambda z: 0.5 * z, lambda z: z.sign() + 0.1 * z],
    ids=["shifted", "wide", "narrow", "two-valued"],
)
def test_other_embeddings_are_above_it(change):
    values = stein_discrepancy(change(normal(500, 20, 2)))
    assert values.mean() > 4 * values.std() / math.sqrt(500)


def test_a_collapsed_batch_is_pushed_apart():
    z = 0.01 * normal(1, 32, 4)
    z.requires_grad_()
    stein_discrepancy(z).sum().backward()
    centred = z - z.mean(1, keepdim=True)
    assert (z.grad * centred).sum() < 0, "growing should lower the discrepancy"


def test_kerjepa_is_agreement_and_discrepancy():
    z, z_prime = normal(2, 5, 3), 1 + normal(2, 5, 3, seed=1)
    centre = (z + z_prime) / 2
    distance = ((z - centre) ** 2 + (z_prime - centre) ** 2).mean((1, 2)) / 2
    discrepancy = (stein_discrepancy(z) + stein_discrepancy(z_prime)) / 2
    expected = 0.7 * distance + 0.3 * discrepancy
    np.testing.assert_allclose(kerjepa(z, z_prime, 0.3), expected, rtol=1e-12)


def test_members_do_not_mix():
    z, z_prime = normal(3, 6, 4), normal(3, 6, 4, seed=1)
    assert_members_do_not_mix(lambda z, k: kerjepa(z, z_prime[k], 0.3), z, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize(
    ("shape", "other", "trade_off", "message"),
    [
        ((2, 4, 3), (2, 4, 1), 0.5, "got [2, 4, 3] and [2, 4, 1]"),
        ((2, 1, 3), (2, 1, 3), 0.5, "at least 2 points per batch are needed, got 1"),
        ((2, 4, 3), (2, 4, 3), 1.5, "trade_off should lie in [0, 1], is 1.5"),
    ],
)
def test_refusals_carry_the_value(shape, other, trade_off, message):
    with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
        kerjepa(torch.ones(shape), torch.ones(other), trade_off)
