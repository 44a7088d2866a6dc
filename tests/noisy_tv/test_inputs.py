"""Whitening, windows, and the sigma points that stand for the full batch."""

import numpy as np
import pytest
import torch

from jepatlas.noisy_tv.learning.inputs import (
    Inputs,
    all_neighbours,
    autoregressive_order,
    neighbours,
    neighbours_at,
    sigma_points,
    windows,
)
from jepatlas.objectives.decorrelation import vicreg

X = np.random.default_rng(0).normal(size=(500, 3)) @ np.diag([1, 10, 1e-3]) + [1, 2, 3]


def test_whitening_leaves_no_correlation():
    white = Inputs.fit(X, "whitened")(X)
    np.testing.assert_allclose(white.mean(0), 0, atol=1e-10)
    np.testing.assert_allclose(np.cov(white.T), np.eye(3), atol=1e-8)
    np.testing.assert_array_equal(Inputs.fit(X, "raw")(X), X)


def test_windows_are_frames_in_order():
    series = np.arange(10).reshape(5, 2)
    np.testing.assert_array_equal(windows(series, 3)[1], [2, 3, 4, 5, 6, 7])


def test_sigma_points_give_the_loss_and_the_gradient_of_the_all_windows():
    data = neighbours(Inputs.fit(X, "whitened")(X), 1)
    weights = torch.randn(1, 3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))

    def gradient(points: np.ndarray) -> tuple[float, torch.Tensor]:
        w = weights.clone().requires_grad_()
        batch = torch.as_tensor(points)[None]
        # The published penalties divide by n - 1; this makes the variances those of n.
        scale = np.sqrt((len(points) - 1) / len(points))
        loss = vicreg(batch[..., :3] @ w * scale, batch[..., 3:] @ w * scale, 25 / scale**2, 25, 1)
        loss.sum().backward()
        return loss.item(), w.grad

    loss, slope = gradient(data)
    loss_few, slope_few = gradient(sigma_points(data))
    assert loss_few == pytest.approx(loss, rel=1e-4)
    torch.testing.assert_close(slope_few, slope, rtol=1e-3, atol=1e-3)


def test_neighbours_do_not_overlap():
    series = np.arange(20).reshape(10, 2)
    pair = neighbours(windows(series, 3), 3)[1]
    np.testing.assert_array_equal(pair, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])


def test_neighbours_at_some_steps_are_of_each_members_own_series():
    series = torch.stack([100.0 * k + torch.arange(40.0).reshape(20, 2) for k in (1, 2)])
    starts = torch.tensor([[0, 7, 16], [3, 3, 5]])
    batch = neighbours_at(series, starts, 3)
    assert batch.shape == (2, 3, 4)
    for member in range(2):
        expected = neighbours(series[member].numpy(), 3)[starts[member].numpy()]
        np.testing.assert_array_equal(batch[member], expected)


def test_what_stands_for_all_neighbours_has_their_moments():
    batch = all_neighbours([X], 2, torch.device("cpu"))[0].double().numpy()
    expected = neighbours(X, 2)
    np.testing.assert_allclose(batch.mean(0), expected.mean(0), rtol=1e-5)
    covariance = np.cov(expected.T, bias=True)
    np.testing.assert_allclose(np.cov(batch.T, bias=True), covariance, rtol=1e-3, atol=1e-7)


def autoregression(coefficients: list[np.ndarray], time: int, seed: int) -> np.ndarray:
    rng, x = np.random.default_rng(seed), np.zeros((time, 2))
    for t in range(len(coefficients), time):
        x[t] = rng.normal(size=2) + sum(x[t - k - 1] @ c for k, c in enumerate(coefficients))
    return x


def test_the_order_is_that_of_the_autoregression_with_the_least_criterion():
    """Beside a regression for each order by itself, and found where the truth has one."""
    coefficients = [np.diag([0.4, 0.2]), np.zeros((2, 2)), np.array([[0.3, 0.2], [0.0, -0.4]])]
    series = [autoregression(coefficients, 3000, seed) for seed in (0, 1)]
    for x in series:
        criteria = []
        for p in range(1, 7):
            white = x - x.mean(0)
            lags = np.concatenate([white[6 - k : -k] for k in range(1, p + 1)], axis=1)
            weights = np.linalg.lstsq(lags, white[6:], rcond=None)[0]
            residual = np.cov((white[6:] - lags @ weights).T, bias=True)
            criteria.append(2994 * np.linalg.slogdet(residual)[1] + 2 * p * 4)
        assert autoregressive_order([x], 6) == 1 + np.argmin(criteria)
    assert autoregressive_order(series, 6) == 3
    white = np.random.default_rng(2).normal(size=(3000, 2))
    assert autoregressive_order([white], 6) == 1
