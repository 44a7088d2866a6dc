"""How much of the latents an embedding has recovered, and the theorem's bound beside its error."""

from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from jepatlas.hidden_causes.truth import kernel
from jepatlas.hidden_causes.truth.latents import Array

LEAST = 1e-4  # of the largest singular value


class Known(NamedTuple):
    """Latents and their embedding where read-outs are fitted and where they are scored, and the
    other view of the latter: `[n, dim]` each."""

    z_fit: Array
    h_fit: Array
    z: Array
    h: Array
    h_prime: Array


def read_out(x_fit: Array, y_fit: Array, x: Array) -> Array:
    """y from x by least squares with an intercept: `[n, d] -> [n, dim]`.

    Directions in which x hardly varies where it is fitted, as in the corners of a picture, are left
    out: elsewhere they may vary a million times as much.
    """
    centre = x_fit.mean(axis=0)
    weights = np.linalg.lstsq(x_fit - centre, y_fit - y_fit.mean(axis=0), rcond=LEAST)[0]
    return (x - centre) @ weights + y_fit.mean(axis=0)


def r2(predicted: Array, y: Array) -> float:
    """Share of the variance of y, over all its dimensions together, that the prediction has."""
    return float(1 - ((y - predicted) ** 2).sum() / ((y - y.mean(axis=0)) ** 2).sum())


def accuracy(known: Known) -> dict[str, float]:
    """Of an embedding of unit variance: what is true of it whatever the latents are."""
    z, h = known.z - known.z.mean(axis=0), known.h - known.h.mean(axis=0)
    # h = z A, by least squares; for a recovered rotation A'A = I.
    slope = np.linalg.lstsq(z, h, rcond=None)[0]
    dim = z.shape[1]
    gram = slope.T @ slope
    shared = np.linalg.svd(z.T @ h, compute_uv=False).sum()
    return {
        "r2": r2(read_out(known.h_fit, known.z_fit, known.h), known.z),
        "r2_back": r2(read_out(known.z_fit, known.h_fit, known.z), known.h),
        "orthogonality": float(np.linalg.norm(gram - np.eye(dim)) / np.sqrt(dim)),
        "procrustes": float(1 - shared**2 / ((z**2).sum() * (h**2).sum())),
        "correlation": matched_correlation(z, h),
    }


def matched_correlation(z: Array, h: Array) -> float:
    """Mean |correlation| of each latent with the output that it is matched to, one to one, so that
    the mean is largest (as in nonlinear ICA: Hyvarinen & Morioka 2016, arXiv 1605.06336)."""
    dim = z.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        found = np.abs(np.corrcoef(z.T, h.T)[:dim, dim:])
    found = np.nan_to_num(found)
    rows, columns = linear_sum_assignment(-found)
    return float(found[rows, columns].mean())


class Moments(NamedTuple):
    """Of an embedding h of n Gaussian latents z: loss E|h' - h|^2, covariance Cov h `[dim, dim]`,
    cross E[z (h - E h)'] `[n, dim]`."""

    loss: float
    covariance: Array
    cross: Array


def sampled_moments(known: Known) -> Moments:
    h = known.h - known.h.mean(axis=0)
    loss = ((known.h_prime - known.h) ** 2).sum(axis=1).mean()
    return Moments(float(loss), h.T @ h / len(h), known.z.T @ h / len(h))


def exact_moments(h: Array, rho: float) -> Moments:
    """Of two latents, by Mehler's formula: h at the nodes of `kernel.hermite_nodes`."""
    weight = kernel.hermite_weights()
    h = h - weight @ h
    weighted = weight[:, None] * h
    energy = kernel.hermite_energies(h)
    lost = 1 - rho ** np.arange(1, len(energy) + 1)
    cross = kernel.hermite_nodes().T @ weighted
    return Moments(float(2 * lost @ energy), h.T @ weighted, cross)


def bound(moments: Moments, rho: float) -> dict[str, float]:
    """The theorem on Gaussian latents (Klindt, LeCun & Balestriero 2026, arXiv 2605.26379): with
    L = E|h' - h|^2,

        delta = max(L - 2 (1 - rho) tr Cov h, 0),   gap = 2 rho (1 - rho),   D = delta / gap,
        epsilon = |Cov h - I|_F,                    min_Q E|h - E h - Q z|^2 <= D + (epsilon + D)^2,

    the minimum over orthogonal Q. delta is what alignment loses against a linear map, as degree k
    loses 2 (rho - rho^k) of its variance, at least the gap; A of the linear part has
    |A A' - I| <= epsilon + D. rho: of all latents.
    """
    loss, covariance, cross = moments
    dim, power = len(covariance), float(np.trace(covariance))
    delta = max(loss - 2 * (1 - rho) * power, 0.0)
    share = delta / (2 * rho * (1 - rho))
    epsilon = float(np.linalg.norm(covariance - np.eye(dim)))
    limit = share + (epsilon + share) ** 2
    error = float(dim + power - 2 * np.linalg.svd(cross, compute_uv=False).sum())
    return {
        "delta": delta,
        "epsilon": epsilon,
        "bound": limit,
        "error": error,
        "slack": limit - error,
    }
