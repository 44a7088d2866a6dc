"""Predictive information, against the closed form of the system that the states are drawn from."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from jepatlas.noisy_tv.measuring.information import information, information_of_most
from jepatlas.noisy_tv.measuring.latents import Forecast
from jepatlas.noisy_tv.measuring.measure import StateBelief, Truth
from jepatlas.noisy_tv.truth.world import Member

N, TRAIN = 6000, 1000


def autoregressive(memory, dim, seed):
    """`[2, N, dim]` with unit variance; canonical correlations one step apart are the memory."""
    noise = np.random.default_rng(seed).standard_normal((2, N, dim))
    x = noise.copy()
    for t in range(1, N):
        x[:, t] = memory * x[:, t - 1] + np.sqrt(1 - memory**2) * noise[:, t]
    return x


@pytest.fixture(scope="module")
def truth():
    s, d = autoregressive(0.95, 2, 0), autoregressive(0.8, 3, 1)
    unused = StateBelief(s, np.zeros((2, 2, 2)))
    return Truth(
        [Member(0, 0.0, 0.8), Member(1, 0.0, 0.8)], s, d, TRAIN, np.eye(s.shape[-1]), 0.8, unused, s
    )


def share(truth, z, lead=1):
    end = N - 1 if lead else N
    return information_of_most(truth, Forecast(lead, 1, z[:, :TRAIN], {lead: z[:, TRAIN:end]}))


def test_information_is_the_mean_log_ratio_of_densities():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(5, 5))
    covariance = root @ root.T
    x = rng.normal(size=(20_000, 5)) @ root.T
    joint, a, b = (
        multivariate_normal(np.zeros(len(part)), covariance[np.ix_(part, part)]).logpdf(x[:, part])
        for part in ([0, 1, 2, 3, 4], [0, 1], [2, 3, 4])
    )
    ratio = joint - a - b
    error = 4 * ratio.std() / np.sqrt(len(x))
    assert information(x[:, :2], x[:, 2:], 2) == pytest.approx(ratio.mean(), abs=error)


def test_the_signal_has_the_most_and_any_mixture_of_it_has_as_much(truth):
    mixed = truth.s @ np.array([[1.0, 3.0], [-2.0, 0.5]])
    for z in (truth.s, mixed):
        np.testing.assert_allclose(share(truth, z), 1, atol=0.01)
    np.testing.assert_allclose(share(truth, truth.s, lead=0), 1, atol=0.01)


def test_the_distractor_has_less_and_noise_nothing(truth):
    expected = np.log1p(-(0.8**2)) / np.log1p(-(0.95**2))
    np.testing.assert_allclose(share(truth, truth.d[..., :2]), expected, atol=0.03)
    noise = np.random.default_rng(2).standard_normal((2, N, 2))
    assert share(truth, noise).max() < 0.01
