"""Fusion with experts against importance sampling, and against the joint Gaussian."""

import mpmath
import numpy as np
import pytest
from scipy.stats import multivariate_normal

from jepatlas.noisy_tv.measuring.transfer import Amplitude, Reading

RNG = np.random.default_rng(0)
ROOT = 0.1 * RNG.normal(size=(4, 4))
COVARIANCE = ROOT @ ROOT.T + 0.003 * np.eye(4)
MEAN = np.array([0.6, 0.2, 0.1, -0.3])
TRUE = np.array([0.65, 0.18, 0.2, -0.3])


def by_sampling(log_expert):
    """Mean and -log density at TRUE of N(MEAN, COVARIANCE) exp(log_expert), normalised."""
    draws = RNG.multivariate_normal(MEAN, COVARIANCE, size=400_000)
    weights = np.exp(log_expert(draws))
    law = multivariate_normal(MEAN, COVARIANCE)
    surprise = -law.logpdf(TRUE) - log_expert(TRUE) + np.log(weights.mean())
    return weights @ draws / weights.sum(), surprise


@pytest.mark.parametrize("std", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("radius", [0.5, 0.7])
def test_amplitude(radius, std):
    def log_expert(s):
        return -(((np.hypot(s[..., 0], s[..., 1]) - radius) / std) ** 2) / 2

    expert = Amplitude(np.array([[radius]]), std)
    fused = expert.fuse(MEAN[None, None], COVARIANCE[None], TRUE[None, None])
    mean, surprise = by_sampling(log_expert)
    np.testing.assert_allclose(fused.mean[0, 0], mean, atol=2e-3)
    assert fused.surprise[0, 0] == pytest.approx(surprise, abs=0.02)


def test_an_amplitude_much_narrower_than_the_belief():
    """At the mean 0 and with a round belief, the fused mean is 0 and the law one of a ring."""
    expert = Amplitude(np.array([[1.0]]), 0.01)
    fused = expert.fuse(np.zeros((1, 1, 2)), np.eye(2)[None], np.array([[[1.0, 0.0]]]))
    np.testing.assert_allclose(fused.mean, 0, atol=1e-12)
    ring = 2 * np.pi * 0.01 * np.sqrt(2 * np.pi)
    assert fused.surprise[0, 0] == pytest.approx(np.log(ring), abs=1e-3)


def test_reading():
    value = np.array([0.3, -0.1])

    def log_expert(s):
        return -(((s[..., [1, 3]] - value) / 0.2) ** 2).sum(-1) / 2

    expert = Reading((1, 3), value[None, None], 0.2)
    fused = expert.fuse(MEAN[None, None], COVARIANCE[None], TRUE[None, None])
    mean, surprise = by_sampling(log_expert)
    np.testing.assert_allclose(fused.mean[0, 0], mean, atol=2e-3)
    assert fused.surprise[0, 0] == pytest.approx(surprise, abs=0.02)


def test_a_reading_of_a_belief_that_is_nearly_blind_in_one_direction():
    """As of a seed whose latents have run off. A difference of covariances that are nearly the same
    would not be positive definite; the reference is Bayes' rule with 50 digits."""
    rng = np.random.default_rng(0)
    turns = np.linalg.qr(rng.normal(size=(100, 4, 4)))[0]
    belief = turns @ np.diag([0.3, 0.3, 0.6, 2e8]) @ turns.mT
    belief = (belief + belief.mT) / 2
    expert = Reading((2, 3), np.zeros((100, 1, 2)), 0.2)
    s = 0.1 * rng.normal(size=(100, 1, 4))
    found = expert.fuse(np.zeros((100, 1, 4)), belief, s)
    np.testing.assert_allclose(found.mean, 0, atol=1e-12)
    with mpmath.workdps(50):
        for own, target, surprise in zip(belief, s, found.surprise, strict=True):
            precision = mpmath.matrix(own) ** -1
            for component in expert.components:
                precision[component, component] += 1 / mpmath.mpf(0.2) ** 2
            error = mpmath.matrix(target[0])
            exponent = (error.T * precision * error)[0] / 2
            normal = mpmath.log((2 * mpmath.pi) ** 4 / mpmath.det(precision)) / 2
            assert surprise[0] == pytest.approx(float(exponent + normal), abs=1e-5)
