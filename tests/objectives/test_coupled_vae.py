"""The bound of Var-JEPA against densities of scipy, and where it is tight."""

import re

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal, norm
from torch.distributions import Independent, Normal, kl_divergence

from jepatlas.objectives.coupled_vae import gaussian_divergence, negative_elbo


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.tensor(np.random.default_rng(seed).normal(size=shape))


def torchs(mean: torch.Tensor, log_variance: torch.Tensor) -> Independent:
    return Independent(Normal(mean, (log_variance / 2).exp()), 1)


def test_the_divergence_is_torchs():
    first, second = ((normal(2, 5, 3, seed=k), normal(2, 5, 3, seed=k + 1)) for k in (0, 2))
    expected = kl_divergence(torchs(*first), torchs(*second)).mean(-1)
    np.testing.assert_allclose(gaussian_divergence(*first, *second), expected, rtol=1e-12)


def test_the_bound_is_the_sum_of_its_parts():
    x, decoded, x_prime, decoded_prime = (normal(2, 5, 2, seed=k) for k in range(4))
    q, q_prime, p = (
        (normal(2, 5, 3, seed=k), normal(2, 5, 3, seed=k + 1)) for k in range(4, 10, 2)
    )
    expected = -norm.logpdf(x, decoded, 0.3).sum(-1).mean(-1)
    expected -= norm.logpdf(x_prime, decoded_prime, 0.3).sum(-1).mean(-1)
    prior = torchs(torch.zeros(2, 5, 3), torch.zeros(2, 5, 3))
    expected += kl_divergence(torchs(*q), prior).mean(-1).numpy()
    expected += kl_divergence(torchs(*q_prime), torchs(*p)).mean(-1).numpy()
    found = negative_elbo(x, decoded, q, x_prime, decoded_prime, q_prime, p, 0.3)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_it_bounds_the_evidence_of_a_linear_model():
    """z ~ N(0, 1), z' = a z + noise, x = z + noise, x' = z' + noise: all is Gaussian, and with the
    exact posteriors of each view's own latent the bound lies above -log p(x, x')."""
    a, std, rest, n = 0.8, 0.5, 0.6, 40_000
    rng = np.random.default_rng(0)
    z = rng.normal(size=n)
    z_prime = a * z + rest * rng.normal(size=n)
    x, x_prime = (latent + std * rng.normal(size=n) for latent in (z, z_prime))
    covariance = [[1 + std**2, a], [a, a**2 + rest**2 + std**2]]
    evidence = -multivariate_normal([0, 0], covariance).logpdf(np.stack([x, x_prime], 1)).mean()

    def posterior(seen, variance):
        weight = variance / (variance + std**2)
        return weight * seen, np.full(n, np.log(weight * std**2))

    q, q_prime = posterior(x, 1.0), posterior(x_prime, a**2 + rest**2)
    draw, draw_prime = (m + np.exp(v / 2) * rng.normal(size=n) for m, v in (q, q_prime))
    p = (a * draw, np.full(n, np.log(rest**2)))

    def stack(values):
        return torch.tensor(values)[None, :, None]

    parts = [tuple(map(stack, part)) for part in (q, q_prime, p)]
    bound = negative_elbo(
        stack(x), stack(draw), parts[0], stack(x_prime), stack(draw_prime), *parts[1:], std
    )
    assert evidence < bound.item() < evidence + 0.5


@pytest.mark.parametrize(
    ("other", "std", "message"),
    [
        ((2, 4, 1), 1.0, "got [2, 4, 3] and [2, 4, 1]"),
        ((2, 4, 3), 0.0, "std should be positive, is 0.0"),
    ],
)
def test_refusals_carry_the_value(other, std, message):
    x, pair = torch.zeros(2, 4, 3), (torch.zeros(2, 4, 2),) * 2
    with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
        negative_elbo(x, x, pair, x, torch.zeros(other), pair, pair, std)
