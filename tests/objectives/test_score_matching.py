"""Score matching on distributions whose score is known."""

import math
import re

import numpy as np
import pytest
import torch

from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.objectives.score_matching import denoising, implicit, sliced


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.tensor(np.random.default_rng(seed).normal(size=shape))


# Denoising


@pytest.mark.parametrize("sigma", [0.1, 1.0, 3.0])
def test_denoising_is_the_loop(sigma):
    score, noise = normal(2, 5, 3), normal(2, 5, 3, seed=1)
    expected = [
        np.mean([sigma**2 * ((s + e / sigma) ** 2).sum() for s, e in zip(a, b, strict=True)])
        for a, b in zip(score.numpy(), noise.numpy(), strict=True)
    ]
    np.testing.assert_allclose(denoising(score, noise, sigma), expected, rtol=1e-11)


def smoothed_points(sigma: float) -> tuple[Mixture, np.ndarray, np.ndarray]:
    """A mixture convolved with N(0, sigma^2 I), points of it, and the noise that is in them."""
    world = Mixture([0.3, 0.7], [[-1.5, 0], [1, 0.5]], [[[0.5, 0.2], [0.2, 0.4]], [[1, 0], [0, 1]]])
    rng = np.random.default_rng(0)
    x, _ = world.sample(40_000, rng)
    noise = rng.normal(size=x.shape)
    return world.smoothed(sigma), x + sigma * noise, noise


@pytest.mark.parametrize("sigma", [0.5, 1.0])
def test_denoising_is_the_fisher_divergence_from_the_smoothed_score(sigma):
    """Up to a constant: differences of losses are differences of sigma^2 E |s - s*|^2."""
    world, x, noise = smoothed_points(sigma)
    exact = world.score(x)
    candidates = [exact, 1.2 * exact, exact + np.array([0.3, 0]), -x]
    stack = torch.tensor(np.stack(candidates))
    losses = denoising(stack, torch.tensor(noise).expand_as(stack), sigma)
    assert losses.argmin() == 0
    for candidate, loss in zip(candidates[1:], losses[1:], strict=True):
        fisher = sigma**2 * ((candidate - exact) ** 2).sum(-1)
        # Each point's own difference, whose mean has a standard error.
        gap = ((sigma * candidate + noise) ** 2 - (sigma * exact + noise) ** 2).sum(-1) - fisher
        error = gap.std() / math.sqrt(len(x))
        assert (loss - losses[0]).item() == pytest.approx(fisher.mean(), abs=4 * error)


@pytest.mark.parametrize(
    ("shape", "other", "sigma", "message"),
    [
        ((2, 4, 3), (2, 4, 2), 1, "[2, 4, 3] and [2, 4, 2]"),
        ((4, 3), (4, 3), 1, "[4, 3] and [4, 3]"),
        ((2, 4, 3), (2, 4, 3), 0, "sigma should be positive, is 0"),
        ((2, 4, 3), (2, 4, 3), -0.5, "sigma should be positive, is -0.5"),
        ((2, 4, 3), (2, 4, 3), math.nan, "sigma should be positive, is nan"),
    ],
)
def test_denoising_refusals_carry_the_value(shape, other, sigma, message):
    with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
        denoising(torch.ones(shape), torch.ones(other), sigma)


# Implicit


@pytest.mark.parametrize("shape", [(2, 5, 3), (1, 1, 1)])
def test_implicit_is_the_loop(shape):
    gradient, laplacian = normal(*shape), normal(*shape[:2], seed=1)
    expected = [
        np.mean([0.5 * (g**2).sum() - bend for g, bend in zip(a, b, strict=True)])
        for a, b in zip(gradient.numpy(), laplacian.numpy(), strict=True)
    ]
    np.testing.assert_allclose(implicit(gradient, laplacian), expected, rtol=1e-11, atol=1e-14)


MEAN, COVARIANCE = np.array([0.5, -1.0]), np.array([[1.5, 0.4], [0.4, 0.6]])
PRECISION = np.linalg.inv(COVARIANCE)


def points_with_exact_moments(n: int) -> np.ndarray:
    """A sample whose mean and covariance are MEAN and COVARIANCE to rounding."""
    x = np.random.default_rng(0).normal(size=(n, 2))
    x -= x.mean(axis=0)
    x @= np.linalg.inv(np.linalg.cholesky(x.T @ x / n)).T
    return MEAN + x @ np.linalg.cholesky(COVARIANCE).T


def gaussian_losses(means: np.ndarray, precisions: np.ndarray) -> np.ndarray:
    """The loss of each energy (x - m)' P (x - m) / 2 at the sample: gradient P (x - m), trace P.

    A quadratic energy's loss needs no more of the data than two moments, so the sample's is exact.
    """
    x = points_with_exact_moments(50)
    gradients = np.einsum("kij,knj->kni", precisions, x - means[:, None])
    traces = np.trace(precisions, axis1=1, axis2=2)
    laplacians = np.repeat(traces[:, None], len(x), axis=1)
    return implicit(torch.tensor(gradients), torch.tensor(laplacians)).numpy()


def candidate_gaussians(count: int) -> tuple[np.ndarray, np.ndarray]:
    """The truth first, then others near it."""
    rng = np.random.default_rng(1)
    means = MEAN + 0.3 * rng.normal(size=(count, 2))
    factors = np.linalg.cholesky(PRECISION) + 0.2 * rng.normal(size=(count, 2, 2))
    means[0], factors[0] = MEAN, np.linalg.cholesky(PRECISION)
    return means, factors @ factors.transpose(0, 2, 1)


def test_implicit_of_a_gaussian_is_half_the_fisher_divergence_and_a_constant():
    means, precisions = candidate_gaussians(20)
    # E |P (x - m) - P* (x - m*)|^2 in closed form, and the constant - tr(P*) / 2.
    expected = []
    for mean, precision in zip(means, precisions, strict=True):
        slope, shift = precision - PRECISION, precision @ (MEAN - mean)
        fisher = np.trace(slope @ COVARIANCE @ slope.T) + shift @ shift
        expected.append(fisher / 2 - np.trace(PRECISION) / 2)
    losses = gaussian_losses(means, precisions)
    np.testing.assert_allclose(losses, expected, rtol=1e-10)
    assert losses.argmin() == 0


def test_implicit_is_stationary_at_the_truth():
    """Central differences of the loss in each entry of the mean and the precision are 0."""
    steps = 1e-4 * np.concatenate([np.eye(2), -np.eye(2)])
    means = gaussian_losses(MEAN + steps, np.broadcast_to(PRECISION, (4, 2, 2)))
    np.testing.assert_allclose(means[:2] - means[2:], 0, atol=1e-11)
    shapes = np.array([[[1, 0], [0, 0]], [[0, 1], [1, 0]], [[0, 0], [0, 1]]])
    steps = 1e-4 * np.concatenate([shapes, -shapes])
    precisions = gaussian_losses(np.broadcast_to(MEAN, (6, 2)), PRECISION + steps)
    np.testing.assert_allclose(precisions[:3] - precisions[3:], 0, atol=1e-11)


def test_implicit_on_samples_of_a_mixture_is_half_the_fisher_divergence_and_a_constant():
    """Integration by parts: E s.s* = -E div s, here for quadratic energies and the exact s*."""
    world, x, _ = smoothed_points(0.5)
    exact = world.score(x)
    for scale in (0.5, 1.0, 1.5):
        # E = scale |x|^2 / 2 has gradient scale x and Laplacian 2 scale.
        loss = implicit(torch.tensor(scale * x)[None], torch.full((1, len(x)), 2.0 * scale))
        per_point = ((scale * x + exact) ** 2 - exact**2).sum(-1) / 2
        gap = (scale * x * exact).sum(-1) + 2 * scale
        error = gap.std() / math.sqrt(len(x))
        assert loss.item() == pytest.approx(per_point.mean(), abs=4 * error)


def test_members_do_not_mix():
    gradient, laplacian, noise = normal(3, 5, 2), normal(3, 5, seed=1), normal(3, 5, 2, seed=2)
    np.testing.assert_array_equal(
        implicit(gradient, laplacian)[1:2], implicit(gradient[1:2], laplacian[1:2])
    )
    np.testing.assert_array_equal(
        denoising(gradient, noise, 0.7)[1:2], denoising(gradient[1:2], noise[1:2], 0.7)
    )


@pytest.mark.parametrize(
    ("shape", "other", "message"),
    [
        ((2, 4, 3), (2, 3), "do not fit: [2, 4, 3] and [2, 3]"),
        ((2, 4, 3), (2, 4, 3), "do not fit: [2, 4, 3] and [2, 4, 3]"),
        ((4, 3), (4, 3), "do not fit: [4, 3] and [4, 3]"),
    ],
)
def test_implicit_refusals_carry_the_value(shape, other, message):
    with pytest.raises(ValueError, match=f"{re.escape(message)}$"):
        implicit(torch.ones(shape), torch.ones(other))


# Sliced


def test_sliced_is_implicit_on_average_over_directions():
    """Of a quadratic energy x' A x / 2: slope v.A x, curvature v.A v, for v in all directions."""
    a = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)
    x, n = normal(1, 6, 2), 360
    angle = torch.linspace(0, 2 * math.pi, n + 1, dtype=torch.float64)[:-1]
    v = math.sqrt(2) * torch.stack([angle.cos(), angle.sin()], -1)  # E v v' = I
    gradient = x @ a
    slope = (gradient @ v.T).reshape(1, -1)
    curvature = ((v @ a) * v).sum(-1).repeat(6)[None]
    laplacian = a.trace().expand(1, 6)
    np.testing.assert_allclose(sliced(slope, curvature), implicit(gradient, laplacian), rtol=1e-12)


def test_sliced_is_the_loop():
    slope, curvature = normal(3, 5), normal(3, 5, seed=1)
    expected = [
        np.mean([s**2 / 2 - c for s, c in zip(a, b, strict=True)])
        for a, b in zip(slope.numpy(), curvature.numpy(), strict=True)
    ]
    np.testing.assert_allclose(sliced(slope, curvature), expected, rtol=1e-12)


def test_sliced_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=r"are \[2, 3\] and \[2, 4\]$"):
        sliced(torch.zeros(2, 3), torch.zeros(2, 4))
