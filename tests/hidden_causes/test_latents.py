"""Generalised normal latents against SciPy's own, and the channel that makes pairs of them."""

import numpy as np
import pytest
from scipy import integrate, stats

from jepatlas.hidden_causes.truth import latents
from jepatlas.hidden_causes.truth.worlds import World

ALPHAS = [0.5, 1, 2, 3.7, 32]
EVERY = pytest.mark.parametrize("alpha", ALPHAS)


def reference(alpha):
    return stats.gennorm(alpha, scale=1 / np.sqrt(stats.gennorm(alpha).var()))


@EVERY
def test_density_and_transport_are_those_of_scipy(alpha):
    z = np.linspace(-3, 3, 41)
    np.testing.assert_allclose(latents.density(z, alpha), reference(alpha).pdf(z), rtol=1e-9)
    g = np.linspace(-4, 4, 41)
    expected = reference(alpha).ppf(stats.norm.cdf(g))
    np.testing.assert_allclose(latents.transport(g, alpha), expected, rtol=1e-6, atol=1e-9)


@EVERY
def test_the_density_has_unit_variance(alpha):
    z = reference(alpha).ppf(np.linspace(0, 1, 41)[1:-1])
    whole, second = (
        integrate.quad(
            lambda z, k=k: z**k * latents.density(z, alpha), -60, 60, points=[-1, 0, 1], limit=400
        )[0]
        for k in (0, 2)
    )
    assert whole == pytest.approx(1, abs=1e-5)
    assert second == pytest.approx(1, abs=1e-3)
    assert len(z) == 39


@EVERY
def test_the_table_is_the_transport(alpha):
    g = np.random.default_rng(0).standard_normal(5000).astype(np.float32)
    found = latents.looked_up(g, latents.table(alpha))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, latents.transport(g, alpha), rtol=2e-4, atol=2e-5)


@EVERY
def test_drawn_latents_have_the_moments_of_the_distribution(alpha):
    z = World("banana", (0.8, 0.8), alpha).latents(
        np.random.default_rng(1).standard_normal(200_000).astype(np.float32)
    )
    assert z.mean() == pytest.approx(0, abs=0.01)
    assert z.var() == pytest.approx(1, abs=0.03)
    fourth = 3 + float(reference(alpha).stats(moments="k"))
    assert (z**4).mean() == pytest.approx(fourth, rel=0.2)


@EVERY
def test_a_pair_has_the_correlation_and_the_variance_of_the_channel(alpha):
    world = World("banana", (0.9, 0.3), alpha)
    g = np.random.default_rng(2).standard_normal((2, 100_000, 2))
    z, z_prime = world.pair(g)
    np.testing.assert_allclose((z * z_prime).mean(axis=0), [0.9, 0.3], atol=0.03)
    np.testing.assert_allclose(z_prime.var(axis=0), [1, 1], atol=0.03)
