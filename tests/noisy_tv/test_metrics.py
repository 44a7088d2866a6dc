"""Read-outs and likelihoods against scikit-learn and scipy; calibration on data of known law."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from jepatlas.noisy_tv.measuring.metrics import (
    ReadOut,
    coverage,
    negative_log_likelihood,
    r2,
    rmse,
)

RNG = np.random.default_rng(0)
Z = RNG.normal(size=(2, 300, 5))
S = Z[..., :3] @ RNG.normal(size=(3, 2)) + 0.5 * RNG.normal(size=(2, 300, 2)) + 1


def test_r2_is_scikit_learns():
    for k in range(2):
        fit = LinearRegression().fit(Z[k], S[k])
        expected = r2_score(S[k], fit.predict(Z[k]))
        assert r2(S, np.stack([fit.predict(z) for z in Z]))[k] == pytest.approx(expected)


def test_a_collapsed_latent_explains_nothing():
    constant = np.ones((2, 300, 4))
    np.testing.assert_allclose(r2(S, ReadOut.fit(constant, S)(constant)), 0, atol=1e-12)


def test_the_read_out_is_least_squares():
    read = ReadOut.fit(Z, S)
    for k in range(2):
        fit = LinearRegression().fit(Z[k], S[k])
        np.testing.assert_allclose(read(Z)[k], fit.predict(Z[k]))
        residual = S[k] - fit.predict(Z[k])
        np.testing.assert_allclose(read.covariance[k], np.cov(residual.T, bias=True), atol=1e-12)
        np.testing.assert_allclose(
            read.push(np.stack([np.eye(5)] * 2))[k],
            fit.coef_ @ fit.coef_.T + np.cov(residual.T, bias=True),
            atol=1e-12,
        )


def test_the_likelihood_is_scipys():
    covariance = np.array([[[1.0, 0.3], [0.3, 0.5]]])
    mean = RNG.normal(size=(1, 300, 2))
    expected = [
        -multivariate_normal(m, covariance[0]).logpdf(s) for m, s in zip(mean[0], S[0], strict=True)
    ]
    np.testing.assert_allclose(negative_log_likelihood(S[:1], mean, covariance)[0], expected)


def test_coverage_of_a_true_law_is_nominal():
    covariance = np.array([[[1.0, 0.3], [0.3, 4.0]]])
    draws = RNG.multivariate_normal([1, 2], covariance[0], size=(1, 40_000))
    levels = np.array([0.5, 0.9])
    mean = np.broadcast_to([1.0, 2.0], draws.shape)
    np.testing.assert_allclose(coverage(draws, mean, covariance, levels)[:, 0], levels, atol=0.01)


def test_rmse_by_hand():
    assert rmse(np.array([[[3.0, 4.0]]]), np.zeros((1, 1, 2)))[0] == pytest.approx(np.sqrt(12.5))
