"""The hidden causes: independent latents of a generalised normal distribution, and pairs of them.

A latent of shape alpha has the density p(z) ~ exp(-|z / s|^alpha), with the scale s that makes its
variance 1: alpha 1 is Laplace's distribution, 2 the Gaussian, and towards infinity it is uniform.

Latents are drawn by transport: z = T(g), with g standard normal and T = F^-1 Phi, which is odd and
increasing. So worlds of all shapes can share one stream of normal draws.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[Any]
REACH, KNOTS = 8.0, 4097  # of the table of T; beyond 8 a normal variable goes once in 10^15 draws


def scale(alpha: float) -> float:
    """s of unit variance: s^2 = Gamma(1 / alpha) / Gamma(3 / alpha)."""
    return float(np.exp((special.gammaln(1 / alpha) - special.gammaln(3 / alpha)) / 2))


def density(z: Array, alpha: float) -> Array:
    """p(z), of each number by itself."""
    s = scale(alpha)
    log_norm = np.log(2 * s) + special.gammaln(1 + 1 / alpha)
    return np.exp(-((np.abs(z) / s) ** alpha) - log_norm)


def transport(g: Array, alpha: float) -> Array:
    """T(g), exactly: |T|^alpha / s^alpha is a Gamma(1 / alpha) variable, with the tail of |g|."""
    tail = 2 * special.ndtr(-np.abs(g))
    return np.sign(g) * scale(alpha) * special.gammainccinv(1 / alpha, tail) ** (1 / alpha)


def table(alpha: float) -> Array:
    """T at `KNOTS` even points of [-REACH, REACH], for `looked_up`."""
    return transport(np.linspace(-REACH, REACH, KNOTS), alpha).astype(np.float32)


def looked_up(g: Array, knots: Array) -> Array:
    """T(g) between the knots of `table`, linearly."""
    place = np.clip((g + REACH) * ((KNOTS - 1) / (2 * REACH)), 0, KNOTS - 1.001)
    whole = np.floor(place)
    index = whole.astype(np.int64)
    low = knots[index]
    return low + (place - whole) * (knots[index + 1] - low)


def later(z: Array, eta: Array, rho: Array) -> Array:
    """z' = rho z + sqrt(1 - rho^2) eta, the Ornstein-Uhlenbeck channel; eta is distributed as z.

    Where z is Gaussian so is z', and the pair is stationary. Of other shapes z' is closer to the
    Gaussian than z is, as every sum is; its mean and variance are those of z.

    z, eta: `[..., n]`; rho: a correlation for each latent, `[n]`.
    """
    return rho * z + np.sqrt(1 - rho**2) * eta
