"""The joint distribution of two views, against densities, integrals and averages of others."""

import numpy as np
import pytest
from scipy.linalg import eigh
from scipy.stats import multivariate_normal

from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.spectrum import Spectrum
from jepatlas.mixture.truth.views import Views

C = np.array([[1, 0.8], [0.8, 1]])
GAUSSIAN = Mixture([1.0], [[1, -2]], [C])
DOCUMENT = Mixture(
    [0.40, 0.35, 0.25], [[0, 0], [5, 5], [-5, 5]], [C, [[1, -0.6], [-0.6, 1]], 0.5 * np.eye(2)]
)


@pytest.fixture(scope="module")
def spectrum():
    return Spectrum.of(Views(DOCUMENT, 1.5), 8)


def pairs(n=4000, mixture=DOCUMENT, noise=1.5):
    return Views(mixture, noise).sample(n, np.random.default_rng(0))


def joint(noise):
    """Of (x, x'), one Gaussian in four dimensions."""
    covariance = np.block([[C, C], [C, C + noise**2 * np.eye(2)]])
    return multivariate_normal(np.tile(GAUSSIAN.means[0], 2), covariance)


@pytest.mark.parametrize("noise", [0.05, 1.5])
def test_the_information_of_a_pair_is_that_of_its_joint_density(noise):
    x, x_prime = pairs(50, GAUSSIAN, noise)
    mean, smoothed = GAUSSIAN.means[0], C + noise**2 * np.eye(2)
    separate = multivariate_normal(mean, C).logpdf(x)
    separate += multivariate_normal(mean, smoothed).logpdf(x_prime)
    expected = joint(noise).logpdf(np.hstack([x, x_prime])) - separate
    np.testing.assert_allclose(Views(GAUSSIAN, noise).information(x, x_prime), expected, atol=1e-8)


def test_its_slope_is_a_finite_difference():
    views, (x, x_prime), step = Views(DOCUMENT, 0.7), pairs(20, noise=0.7), 1e-5
    for axis, moved in enumerate(step * np.eye(2)):
        up, down = (views.information(x, x_prime + sign * moved) for sign in (1, -1))
        np.testing.assert_allclose(
            views.slope(x, x_prime)[:, axis], (up - down) / (2 * step), atol=1e-6
        )


@pytest.mark.parametrize("noise", [0.3, 1.5])
def test_the_mutual_information_of_a_gaussian(noise):
    expected = np.linalg.slogdet(np.eye(2) + C / noise**2)[1] / 2
    assert Views(GAUSSIAN, noise).mutual_information() == pytest.approx(expected, abs=1e-5)


def test_the_mutual_information_is_the_mean_over_pairs():
    information = Views(DOCUMENT, 1.5).information(*pairs())
    error = information.std() / np.sqrt(len(information))
    found = Views(DOCUMENT, 1.5).mutual_information()
    assert found == pytest.approx(information.mean(), abs=4 * error)


@pytest.mark.parametrize("noise", [0.0, -1.0, np.inf])
def test_views_take_noise(noise):
    with pytest.raises(ValueError, match="noise must be finite and positive"):
        Views(DOCUMENT, noise)


# Eigenfunctions


def test_the_eigenvalues_of_the_documents_mixture(spectrum):
    expected = [1, 0.984, 0.960, 0.610, 0.602, 0.379]
    np.testing.assert_allclose(spectrum.values[:6], expected, atol=6e-4)


def test_eigenvalues_are_those_of_the_joint_density_as_a_matrix():
    """On a coarser grid, with the densities of scipy and all of its entries at once."""
    noise, axis = 1.0, np.linspace(-7, 7, 24)
    nodes = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2) + GAUSSIAN.means[0]
    first, second = (multivariate_normal(GAUSSIAN.means[0], s) for s in (C, C + np.eye(2)))
    between = multivariate_normal([0, 0], noise**2 * np.eye(2)).pdf(nodes[:, None] - nodes)
    density = first.pdf(nodes)[:, None] * between
    marginal = (first.pdf(nodes) + second.pdf(nodes)) / 2
    area = (axis[1] - axis[0]) ** 2
    symmetric = area * (density + density.T) / 2 / np.sqrt(np.outer(marginal, marginal))
    expected = eigh(symmetric, eigvals_only=True)[::-1][:4]
    found = Spectrum.of(Views(GAUSSIAN, noise), 4).values
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_eigenfunctions_are_orthonormal_and_agree_by_their_eigenvalues(spectrum):
    phi, phi_prime = np.split(spectrum(np.concatenate(pairs())), 2)
    gram = (phi.T @ phi + phi_prime.T @ phi_prime) / (2 * len(phi))
    np.testing.assert_allclose(gram, np.eye(8), atol=0.15)
    cross = (phi.T @ phi_prime + phi_prime.T @ phi) / (2 * len(phi))
    np.testing.assert_allclose(cross, np.diag(spectrum.values), atol=0.15)


def test_between_the_nodes_is_as_on_them(spectrum):
    at = np.array([[30, 20], [40, 41], [20, 33]])
    found = spectrum(spectrum.grid.nodes[at[:, 0], at[:, 1]])
    np.testing.assert_allclose(found, spectrum.functions[:, at[:, 0], at[:, 1]].T, atol=1e-9)


def test_moments_are_those_of_pairs(spectrum):
    mean, covariance = spectrum.moments()
    values = np.hstack([spectrum(points) for points in pairs()])
    np.testing.assert_allclose(mean, values.mean(axis=0), atol=0.1)
    np.testing.assert_allclose(covariance, np.cov(values.T), atol=0.3)


def test_views_that_hardly_differ_are_refused():
    with pytest.raises(ValueError, match=r"noise 0\.01 takes a grid"):
        Spectrum.of(Views(DOCUMENT, 0.01), 4)
