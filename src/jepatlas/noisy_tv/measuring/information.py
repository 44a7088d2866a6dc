"""Predictive information: what a latent tells of the next state, in nats.

Everything is Gaussian here, so that it has a closed form in the canonical correlations rho_i of the
two, I = -1/2 sum_i log(1 - rho_i^2) (Gelfand & Yaglom 1957; Chechik et al. 2005, JMLR 6), and the
most that k numbers can tell of the next state is the sum over the k leading correlations of the
state with the next one.
"""

import numpy as np

from jepatlas.noisy_tv.measuring.latents import Forecast
from jepatlas.noisy_tv.measuring.measure import Truth, last
from jepatlas.noisy_tv.truth.system import Array


def information_of_most(truth: Truth, forecast: Forecast) -> Array:
    """Information `[members]` of the latents about the next state (s, d) in the test part, as a
    share of the most that as many numbers as the signal has can have."""
    states = np.concatenate([truth.s, truth.d], axis=-1)
    z = forecast.test[forecast.lead]
    if forecast.lead == 0:  # latents of the step itself, of which the last has no next state
        z = z[:, :-1]
    known, following = last(states[:, :-1], z), last(states, z)
    count = truth.s.shape[-1]
    shares = [
        information(one, after, count) / information(before, after, count)
        for one, before, after in zip(z, known, following, strict=True)
    ]
    return np.array(shares)


def information(a: Array, b: Array, count: int) -> float:
    """Of a `[n, p]` about b `[n, q]`, in nats, by their `count` leading canonical correlations."""
    bases = [np.linalg.qr(x - x.mean(axis=0))[0] for x in (a, b)]
    correlations = np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)[:count]
    return float(-np.log1p(-(np.minimum(correlations, 1 - 1e-9) ** 2)).sum() / 2)
