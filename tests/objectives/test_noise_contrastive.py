"""Noise-contrastive losses on a finite world, where their optimum is known."""

import re

import numpy as np
import pytest
import torch

from jepatlas.objectives.noise_contrastive import exponential, logistic
from tests.objectives.members import assert_members_do_not_mix

LOSSES = pytest.mark.parametrize("loss", [logistic, exponential])
# Densities of data and noise at three points, in 20ths, so that a batch of 20 has them exactly.
P, Q = np.array([12, 5, 3]), np.array([4, 6, 10])


def batch(*shape: int) -> list[torch.Tensor]:
    """E and log q at points of the data, E and log q at points of the noise."""
    return list(torch.tensor(np.random.default_rng(0).normal(size=(4, *shape))))


def loss_of(loss, energy: torch.Tensor) -> torch.Tensor:
    """energy: at the three points, `[members, 3]`."""
    data, noise = (np.repeat([0, 1, 2], counts) for counts in (P, Q))
    log_noise = torch.tensor(np.log(Q / 20)).expand_as(energy)
    return loss(energy[:, data], log_noise[:, data], energy[:, noise], log_noise[:, noise])


def test_logistic_is_the_cross_entropy_of_a_logistic_regression():
    energy, log_noise, other, other_log_noise = batch(3, 5)

    def probability(energy, log_noise):
        """Of being data: p / (p + q) with p = exp(-E)."""
        p, q = np.exp(-energy.numpy()), np.exp(log_noise.numpy())
        return p / (p + q)

    expected = -np.log(probability(energy, log_noise)).mean(-1)
    expected -= np.log(1 - probability(other, other_log_noise)).mean(-1)
    found = logistic(energy, log_noise, other, other_log_noise)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_exponential_against_uniform_noise_is_the_documents():
    """E_data[E] + E_uniform[exp(-E)], for the energy less the constant log q."""
    energy, _, other, _ = batch(2, 7)
    log_noise = torch.full_like(energy, -3.0)
    documents = (energy + log_noise).mean(-1) + torch.exp(-(other + log_noise)).mean(-1)
    found = exponential(energy, log_noise, other, log_noise)
    np.testing.assert_allclose(found, documents + 3.0, rtol=1e-12)


@LOSSES
def test_the_optimum_is_minus_the_log_density_normaliser_included(loss):
    optimum = torch.tensor(-np.log(P / 20))[None].requires_grad_()
    least = loss_of(loss, optimum)
    (gradient,) = torch.autograd.grad(least.sum(), optimum)
    np.testing.assert_allclose(gradient, np.zeros((1, 3)), atol=1e-12)
    others = optimum.detach() + torch.tensor(np.random.default_rng(1).normal(size=(20, 3)))
    assert (loss_of(loss, others) > least).all()


@LOSSES
def test_members_do_not_mix(loss):
    energy, *rest = batch(3, 5)
    assert_members_do_not_mix(
        lambda energy, k: loss(energy, *(part[k] for part in rest)), energy, rtol=1e-12, atol=0
    )


@LOSSES
def test_a_confident_energy_stays_finite(loss):
    """Such as at the start: far outside, the noise has no chance."""
    far, log_noise = torch.full((1, 4), 1e4), torch.zeros(1, 4)
    assert loss(torch.zeros(1, 4), log_noise, far, log_noise).isfinite().all()


@LOSSES
def test_refusals_carry_the_shapes(loss):
    said = "needed, got [2, 3, 1] and [2, 4, 1]"
    with pytest.raises(ValueError, match=f"{re.escape(said)}$"):
        loss(*(torch.zeros(2, n) for n in (3, 3, 3, 4)))
