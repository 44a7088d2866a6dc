"""Whitening, windows, and the sigma points that stand for the full batch."""

import numpy as np
import pytest
import torch

from jepatlas.noisy_tv.learning.inputs import (
    Inputs,
    all_windows,
    sigma_points,
    windows,
    windows_at,
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
    data = windows(Inputs.fit(X, "whitened")(X), 2)
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


def test_windows_at_some_steps_are_of_each_members_own_series():
    series = torch.stack([100.0 * k + torch.arange(40.0).reshape(20, 2) for k in (1, 2)])
    starts = torch.tensor([[0, 7, 18], [3, 3, 5]])
    batch = windows_at(series, starts, 2)
    assert batch.shape == (2, 3, 4)
    for member in range(2):
        expected = windows(series[member].numpy(), 2)[starts[member].numpy()]
        np.testing.assert_array_equal(batch[member], expected)


def test_what_stands_for_all_windows_has_their_moments():
    batch = all_windows([X], 2, torch.device("cpu"))[0].double().numpy()
    expected = windows(X, 2)
    np.testing.assert_allclose(batch.mean(0), expected.mean(0), rtol=1e-5)
    covariance = np.cov(expected.T, bias=True)
    np.testing.assert_allclose(np.cov(batch.T, bias=True), covariance, rtol=1e-3, atol=1e-7)
