"""The closed-form mixture against quadrature, finite differences and scipy's Gaussians."""

import doctest
import re

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.stats import multivariate_normal

from jepatlas.mixture.truth import mixture
from jepatlas.mixture.truth.mixture import Mixture

WEIGHTS = [0.40, 0.35, 0.25]
COVARIANCES = [[[1, 0.8], [0.8, 1]], [[1, -0.6], [-0.6, 1]], [[0.5, 0], [0, 0.5]]]
MIRROR = Mixture(WEIGHTS, [[0, 0], [5, 5], [-5, 5]], COVARIANCES)
SKEWED = Mixture(WEIGHTS, [[0, 0], [5, 3.5], [-5, 7]], COVARIANCES)
WORLDS = pytest.mark.parametrize("world", [MIRROR, SKEWED], ids=["mirror", "skewed"])
SIZES = pytest.mark.parametrize(("k", "d"), [(1, 1), (4, 1), (1, 2), (3, 2), (2, 3), (4, 3)])


def random_mixture(k: int, d: int) -> Mixture:
    rng = np.random.default_rng(100 * k + d)
    factors = rng.normal(size=(k, d, d))
    covariances = factors @ factors.transpose(0, 2, 1) + 0.3 * np.eye(d)
    return Mixture(rng.dirichlet(np.full(k, 5.0)), 2 * rng.normal(size=(k, d)), covariances)


def random_points(d: int) -> np.ndarray:
    return np.random.default_rng(7).normal(scale=3, size=(20, d))


def scipy_joint(world: Mixture, x: np.ndarray) -> np.ndarray:
    """w_k N(x; m_k, C_k) from scipy, [..., k]."""
    parts = zip(world.weights, world.means, world.covariances, strict=True)
    # scipy drops the axes of length 1: put the leading shape back.
    terms = [w * multivariate_normal(m, c).pdf(x).reshape(x.shape[:-1]) for w, m, c in parts]
    return np.stack(terms, axis=-1)


def scipy_density(world: Mixture, x: np.ndarray) -> np.ndarray:
    return scipy_joint(world, x).sum(axis=-1)


def finite_differences(function, x: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Central differences of function([..., d]) -> [...] at x, [..., d]."""
    slopes = [(function(x + e) - function(x - e)) / (2 * step) for e in step * np.eye(x.shape[-1])]
    return np.stack(slopes, axis=-1)


# Density, posterior, score


@SIZES
def test_log_density_is_scipys(k, d):
    world, x = random_mixture(k, d), random_points(d)
    np.testing.assert_allclose(world.log_density(x), np.log(scipy_density(world, x)), rtol=1e-9)


@WORLDS
def test_density_integrates_to_one(world):
    axis_x, axis_y = np.arange(-13, 13, 0.1), np.arange(-8, 15, 0.1)
    grid = np.stack(np.meshgrid(axis_x, axis_y), axis=-1)
    density = np.exp(world.log_density(grid))
    assert np.trapezoid(np.trapezoid(density, axis_x), axis_y) == pytest.approx(1, abs=1e-9)


def test_density_integrates_to_one_by_adaptive_quadrature():
    world = Mixture([0.3, 0.7], [[0, 0], [1, -1]], [[[1, 0.4], [0.4, 0.8]], [[0.6, 0], [0, 1]]])
    total, _ = dblquad(lambda y, x: np.exp(world.log_density([x, y])), -6, 7, -7, 6, epsabs=1e-4)
    assert total == pytest.approx(1, abs=1e-4)


@SIZES
def test_posterior_is_bayes_rule(k, d):
    world, x = random_mixture(k, d), random_points(d)
    joint = scipy_joint(world, x)
    expected = joint / joint.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(world.posterior(x), expected, rtol=1e-8, atol=1e-14)


@SIZES
def test_score_is_the_slope_of_scipys_log_density(k, d):
    world, x = random_mixture(k, d), random_points(d)
    slopes = finite_differences(lambda y: np.log(scipy_density(world, y)), x)
    np.testing.assert_allclose(world.score(x), slopes, rtol=1e-5, atol=1e-7)


def test_far_from_the_data_the_nearest_component_rules():
    """Every density underflows there; the widest component in that direction is all that counts."""
    x = np.array([[1e3, 1e3], [-1e3, -1e3]])
    np.testing.assert_array_equal(scipy_density(MIRROR, x), 0)
    np.testing.assert_allclose(MIRROR.posterior(x), [[1, 0, 0], [1, 0, 0]], atol=1e-300)
    # (1, 1) is the eigenvector of the first covariance with eigenvalue 1.8, and its mean is 0.
    np.testing.assert_allclose(MIRROR.score(x), -x / 1.8, rtol=1e-12)
    log_norm = np.log(0.4) - np.log(2 * np.pi) - 0.5 * np.log(1 - 0.8**2)
    np.testing.assert_allclose(MIRROR.log_density(x), log_norm - 1e6 / 1.8, rtol=1e-12)
    mean, variance = MIRROR.conditional_moments([[1e3, 0], [-1e3, 0]], 1)
    # Marginally the first two are equally wide: at +1e3 the one at 5 is nearer, at -1e3 that at 0.
    np.testing.assert_allclose(mean, [5 - 0.6 * 995, -0.8 * 1e3], rtol=1e-12)
    np.testing.assert_allclose(variance, [1 - 0.6**2, 1 - 0.8**2], rtol=1e-12)


# Conditional moments


def quadrature_moments(world: Mixture, x: np.ndarray, coordinate: int):
    """Mean and variance of one coordinate by the trapezoid rule along it, for points [n, d]."""
    line = np.linspace(-45, 45, 1501)
    along = np.repeat(x[:, None, :], len(line), axis=1)  # [n, line, d]
    along[..., coordinate] = line
    density = scipy_density(world, along)
    density /= np.trapezoid(density, line)[:, None]
    mean = np.trapezoid(density * line, line)
    return mean, np.trapezoid(density * (line - mean[:, None]) ** 2, line)


@pytest.mark.parametrize(
    ("world", "coordinate"),
    [(MIRROR, 0), (MIRROR, 1), (SKEWED, 0), (SKEWED, 1)]
    + [(random_mixture(3, 3), coordinate) for coordinate in range(3)],
)
def test_conditional_moments_by_quadrature(world, coordinate):
    x = random_points(world.dimension)
    mean, variance = world.conditional_moments(x, coordinate)
    expected_mean, expected_variance = quadrature_moments(world, x, coordinate)
    np.testing.assert_allclose(mean, expected_mean, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(variance, expected_variance, rtol=1e-8)


@pytest.mark.parametrize("coordinate", [0, 1, 2])
def test_conditional_moments_ignore_the_coordinate(coordinate):
    world, x = random_mixture(3, 3), random_points(3)
    blind = x.copy()
    blind[:, coordinate] = np.nan
    np.testing.assert_array_equal(
        world.conditional_moments(blind, coordinate), world.conditional_moments(x, coordinate)
    )


# Smoothing


def convolved_density(world: Mixture, sigma: float, x: np.ndarray) -> np.ndarray:
    """The integral of p(y) N(x; y, sigma^2 I) dy on a grid of step 0.2, for points [n, 2]."""
    axis_x, axis_y = np.arange(-12, 12, 0.2), np.arange(-7, 13, 0.2)
    grid = np.stack(np.meshgrid(axis_x, axis_y), axis=-1).reshape(-1, 2)
    squares = ((x[:, None, :] - grid) ** 2).sum(axis=-1)  # [n, grid]
    kernel = np.exp(-0.5 * squares / sigma**2) / (2 * np.pi * sigma**2)
    return kernel @ scipy_density(world, grid) * 0.2**2


@WORLDS
@pytest.mark.parametrize("sigma", [0.5, 1.0])
def test_smoothed_is_the_convolution(world, sigma):
    x = np.array([[0, 0], [4, 5.5], [-4, 6], [1.5, 2], [-2, 3.5]])
    smooth = world.smoothed(sigma)
    expected = np.log(convolved_density(world, sigma, x))
    np.testing.assert_allclose(smooth.log_density(x), expected, rtol=1e-8)
    slopes = finite_differences(lambda y: np.log(convolved_density(world, sigma, y)), x)
    np.testing.assert_allclose(smooth.score(x), slopes, rtol=1e-5, atol=1e-7)


def test_no_smoothing_changes_nothing():
    x = random_points(2)
    np.testing.assert_array_equal(SKEWED.smoothed(0).log_density(x), SKEWED.log_density(x))


# Moments and samples


@WORLDS
def test_moments_of_the_whole_by_quadrature(world):
    axis_x, axis_y = np.arange(-13, 13, 0.1), np.arange(-8, 15, 0.1)
    points = np.stack(np.meshgrid(axis_x, axis_y), axis=-1).reshape(-1, 2)
    mass = scipy_density(world, points) * 0.1**2
    mean = mass @ points
    np.testing.assert_allclose(world.mean, mean, atol=1e-9)
    covariance = (mass[:, None] * (points - mean)).T @ (points - mean)
    np.testing.assert_allclose(world.covariance, covariance, atol=1e-8)


@pytest.mark.parametrize("world", [MIRROR, random_mixture(4, 3), random_mixture(2, 1)])
def test_samples_follow_the_mixture(world):
    n = 20_000
    points, drawn = world.sample(n, np.random.default_rng(0))
    assert points.shape == (n, world.dimension)
    assert drawn.shape == (n,)

    frequencies = np.bincount(drawn, minlength=world.components) / n
    errors = np.sqrt(world.weights * (1 - world.weights) / n)
    assert np.all(np.abs(frequencies - world.weights) < 5 * errors)

    errors = np.sqrt(np.diag(world.covariance) / n)
    assert np.all(np.abs(points.mean(axis=0) - world.mean) < 5 * errors)
    centred = points - world.mean
    products = centred[:, :, None] * centred[:, None, :]  # [n, d, d]
    errors = products.std(axis=0) / np.sqrt(n)
    assert np.all(np.abs(products.mean(axis=0) - world.covariance) < 5 * errors)


@pytest.mark.parametrize("world", [MIRROR, random_mixture(4, 3)])
def test_samples_belong_to_their_components(world):
    """Whitened by the component it is said to come from, every point is standard normal."""
    points, drawn = world.sample(20_000, np.random.default_rng(1))
    for k, (mean, covariance) in enumerate(zip(world.means, world.covariances, strict=True)):
        own = points[drawn == k]
        white = np.linalg.solve(np.linalg.cholesky(covariance), (own - mean).T)  # [d, n_k]
        assert np.all(np.abs(white.mean(axis=1)) < 5 / np.sqrt(len(own)))
        excess = white @ white.T / len(own) - np.eye(world.dimension)
        assert np.all(np.abs(excess) < 5 * np.sqrt(2 / len(own)))


def test_the_generator_decides_the_sample():
    first, again, other = (MIRROR.sample(50, np.random.default_rng(s)) for s in (3, 3, 4))
    assert [a.tobytes() for a in first] == [a.tobytes() for a in again]
    assert first[0].tobytes() != other[0].tobytes()
    assert first[1].tobytes() != other[1].tobytes()


def test_sampling_takes_any_weights_that_the_constructor_takes():
    nearly = Mixture([0.5, 0.5 + 9e-7], [[-9], [9]], [[[1]], [[1]]])
    points, drawn = nearly.sample(100, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn, points[:, 0] > 0)


# Shapes and storage


@pytest.mark.parametrize(
    "function",
    [
        Mixture.log_density,
        Mixture.score,
        Mixture.posterior,
        lambda world, x: world.conditional_moments(x, 1)[0],
        lambda world, x: world.conditional_moments(x, 1)[1],
    ],
    ids=["log_density", "score", "posterior", "conditional_mean", "conditional_variance"],
)
@pytest.mark.parametrize(("k", "d"), [(1, 2), (3, 3)])
def test_leading_shapes_agree(function, k, d):
    world, x = random_mixture(k, d), random_points(d)
    flat = function(world, x)  # [20, ...]
    single = [function(world, point) for point in x]
    np.testing.assert_allclose(np.stack(single), flat, rtol=1e-12, atol=1e-14)
    deep = function(world, x.reshape(4, 5, d))
    assert deep.shape == (4, 5, *flat.shape[1:])
    np.testing.assert_allclose(deep.reshape(flat.shape), flat, rtol=1e-12, atol=1e-14)
    assert function(world, x[:0]).shape == (0, *flat.shape[1:])


def test_arrays_are_private_float64_copies():
    means = np.array([[0.0], [4.0]])
    world = Mixture([0.25, 0.75], means, [[[1]], [[2]]])
    means[0] = 100
    assert world.means.tolist() == [[0], [4]]
    assert {a.dtype for a in (world.weights, world.means, world.covariances)} == {np.dtype(float)}
    assert (world.components, world.dimension) == (2, 1)
    with pytest.raises(ValueError, match="read-only"):
        world.weights[0] = 0.5


def test_docstring_example():
    results = doctest.testmod(mixture)
    assert results.attempted > 0
    assert results.failed == 0


# Refusals

EYE = [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("weights", "means", "covariances", "message"),
    [
        ([[1]], [[0, 0]], [EYE], "weights must have shape [k] with k >= 1, got (1, 1)"),
        ([], [[0, 0]], [EYE], "weights must have shape [k] with k >= 1, got (0,)"),
        ([1], [0, 0], [EYE], "means must have shape [1, d] with d >= 1, got (2,)"),
        ([1], [[[0, 0]]], [EYE], "means must have shape [1, d] with d >= 1, got (1, 1, 2)"),
        ([1], [[]], [EYE], "means must have shape [1, d] with d >= 1, got (1, 0)"),
        ([0.5, 0.5], [[0, 0]], [EYE], "means must have shape [2, d] with d >= 1, got (1, 2)"),
        ([1], [[0, 0]], EYE, "covariances must have shape [1, 2, 2], got (2, 2)"),
        ([1], [[0]], [EYE], "covariances must have shape [1, 1, 1], got (1, 2, 2)"),
        ([1], [[0, 0]], [EYE] * 2, "covariances must have shape [1, 2, 2], got (2, 2, 2)"),
        (
            [0.5, 0.5],
            [[0, 0], [1]],
            [EYE] * 2,
            "means must be a rectangular array of numbers, got [[0, 0], [1]]",
        ),
        (["a"], [[0]], [[[1]]], "weights must be a rectangular array of numbers, got ['a']"),
        (
            [0.5, 0.0, 0.5],
            [[0, 0]] * 3,
            [EYE] * 3,
            "weights must be positive, got 0.0 for component 1",
        ),
        (
            [1.25, -0.25],
            [[0, 0]] * 2,
            [EYE] * 2,
            "weights must be positive, got -0.25 for component 1",
        ),
        (
            [0.5, 0.25],
            [[0, 0]] * 2,
            [EYE] * 2,
            "weights must sum to 1, got [0.5, 0.25], sum 0.75",
        ),
        ([1.000002], [[0, 0]], [EYE], "weights must sum to 1, got [1.000002], sum 1.000002"),
        ([np.nan], [[0, 0]], [EYE], "weights must be finite, got nan at index (0,)"),
        ([1], [[0, np.inf]], [EYE], "means must be finite, got inf at index (0, 1)"),
        (
            [1],
            [[0, 0]],
            [[[1, 0], [-np.inf, 1]]],
            "covariances must be finite, got -inf at index (0, 1, 0)",
        ),
        (
            [0.5, 0.5],
            [[0, 0]] * 2,
            [EYE, [[1, 0.5], [0.25, 1]]],
            "covariance of component 1 must be symmetric, differs from its transpose by 0.25",
        ),
        (
            [0.5, 0.5],
            [[0, 0]] * 2,
            [EYE, [[1, 2], [2, 1]]],
            "covariance of component 1 must be positive definite, smallest eigenvalue -1",
        ),
        (
            [1],
            [[0, 0]],
            [[[0, 0], [0, 0]]],
            "covariance of component 0 must be positive definite, smallest eigenvalue 0",
        ),
    ],
)
def test_refused_parameters_are_named(weights, means, covariances, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Mixture(weights, means, covariances)


@pytest.mark.parametrize("scale", [1e-6, 1, 1e6])
@pytest.mark.parametrize("seed", range(8))
def test_a_singular_covariance_is_refused_whatever_its_rounding(seed, scale):
    """The eigenvalue that should be 0 comes out near 1e-16 of the largest, on either side of 0."""
    factor = np.random.default_rng(seed).normal(size=(3, 2))
    with pytest.raises(ValueError, match="component 0 must be positive definite, smallest"):
        Mixture([1], [[0, 0, 0]], [scale * factor @ factor.T])


def test_a_small_variance_beside_a_large_one_is_accepted():
    world = Mixture([1], [[0, 0]], [[[1e8, 0], [0, 1e-4]]])
    np.testing.assert_allclose(world.score([1e4, 1e-2]), [-1e-4, -1e2])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MIRROR.log_density(0.0), "x must have shape [..., 2], got ()"),
        (lambda: MIRROR.score(np.zeros((5, 3))), "x must have shape [..., 2], got (5, 3)"),
        (lambda: MIRROR.posterior(np.zeros(1)), "x must have shape [..., 2], got (1,)"),
        (
            lambda: MIRROR.conditional_moments(np.zeros((4, 1)), 0),
            "x must have shape [..., 2], got (4, 1)",
        ),
        (
            lambda: MIRROR.conditional_moments(np.zeros(2), 2),
            "coordinate must be 0 to 1, got 2",
        ),
        (
            lambda: MIRROR.conditional_moments(np.zeros(2), -1),
            "coordinate must be 0 to 1, got -1",
        ),
        (
            lambda: random_mixture(2, 1).conditional_moments(np.zeros(1), 0),
            "conditional moments need dimension 2 or more, got dimension 1",
        ),
        (lambda: MIRROR.smoothed(-0.1), "sigma must be finite and not negative, got -0.1"),
        (lambda: MIRROR.smoothed(np.nan), "sigma must be finite and not negative, got nan"),
        (
            lambda: MIRROR.sample(-1, np.random.default_rng(0)),
            "n must not be negative, got -1",
        ),
    ],
)
def test_refused_calls_are_named(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()
