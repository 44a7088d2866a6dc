"""The pair's kernel: Mehler's formula where latents are Gaussian, and pairs that were drawn."""

import numpy as np
import pytest
from numpy.polynomial import hermite_e

from jepatlas.hidden_causes.truth import kernel, latents
from jepatlas.hidden_causes.truth.worlds import World

RHO = 0.8


def test_of_gaussian_latents_degree_k_keeps_rho_to_the_k():
    found = kernel.spectrum(2, RHO, count=4)
    np.testing.assert_allclose(found.values, RHO ** np.arange(1, 5), atol=1e-3)
    inside = np.abs(found.z) < 3
    for degree in (1, 2, 3):
        own = hermite_e.hermeval(found.z, np.eye(5)[degree])
        agreement = np.corrcoef(found.functions[degree - 1][inside], own[inside])[0, 1]
        assert abs(agreement) > 0.9999
    assert kernel.eigenfunction_r2(2, RHO) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("alpha", [1, 8])
def test_no_function_of_a_latent_keeps_more_than_the_first_eigenfunction(alpha):
    found = kernel.spectrum(alpha, RHO, count=1)
    world = World("banana", (RHO,), alpha)
    z, z_prime = world.pair(np.random.default_rng(0).standard_normal((2, 100_000, 1)))[:2]

    def kept(f):
        a, b = f(z[:, 0]), f(z_prime[:, 0])
        mean = (a.mean() + b.mean()) / 2
        spread = ((a - mean) ** 2).mean() + ((b - mean) ** 2).mean()
        return 2 * ((a - mean) * (b - mean)).mean() / spread

    best = kept(lambda z: np.interp(z, found.z, found.functions[0]))
    assert best == pytest.approx(found.values[0], abs=0.01)
    others = [lambda z: z, np.tanh, np.arctan, lambda z: np.sign(z) * np.abs(z) ** 1.5]
    assert max(map(kept, others)) < found.values[0] + 0.002
    assert kept(lambda z: z) < best - 0.0005


def test_gaussianised_latents_have_the_correlation_of_their_samples():
    g = np.random.default_rng(1).standard_normal(100_000)
    z = latents.transport(g, 1)
    assert kernel.gaussianised_r2(1) == pytest.approx(np.corrcoef(g, z)[0, 1] ** 2, abs=0.004)
    assert kernel.gaussianised_r2(2) == pytest.approx(1)


@pytest.mark.parametrize(
    ("rho", "linear"),
    [((0.9, 0.85), 1), ((0.9, 0.6), 0.5), ((0.99, 0.8, 0.5), 1 / 3), ((0.8, 0.8), 1)],
)
def test_a_slow_latent_crowds_out_a_fast_one(rho, linear):
    # 0.9^2 = 0.81 < 0.85, but > 0.6; 0.99^2 and 0.99^3 are both above 0.8.
    assert kernel.anisotropic_r2(rho) == pytest.approx(linear)


def test_the_energy_of_each_degree():
    z = kernel.hermite_nodes()
    first = z[:, 0] + 2 * (z[:, 0] ** 2 - 1) + 3 * z[:, 0] * z[:, 1]
    second = 5 + 0.5 * (z[:, 1] ** 3 - 3 * z[:, 1])
    energy = kernel.hermite_energies(np.stack([first, second], axis=-1))
    # |He_k|^2 = k!: 1 + (4 * 2 + 9) + 0.25 * 6
    np.testing.assert_allclose(energy[:3], [1, 17, 1.5], atol=1e-9)
    assert np.abs(energy[3:]).max() < 1e-9
