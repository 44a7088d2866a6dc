"""Experts: what is known about s[t+1] beyond the past, and its exact fusion with a Gaussian belief.

The product of a belief and an expert, normalised, is Bayes' rule. A read-out is an affine map, so
that multiplying densities of s is multiplying densities of the latent: the same expert is given to
BJEPA in the place of its prior expert, and to the Kalman filter.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from jepatlas.noisy_tv.measuring.metrics import negative_log_likelihood
from jepatlas.noisy_tv.truth.system import Array

RADII, ANGLES, REACH = 32, 96, 6.0  # nodes of the quadrature; standard deviations to each side


class Fused(NamedTuple):
    """mean `[members, time, k]` and -log density of the true s, in nats, `[members, time]`."""

    mean: Array
    surprise: Array


class Expert(Protocol):
    def fuse(self, mean: Array, covariance: Array, s: Array) -> Fused:
        """The belief N(mean, covariance) times the expert; s: the true state."""


@dataclass(frozen=True)
class Reading:
    """A Gaussian expert: `components` of s are `value` `[members, time, len(components)]`, give or
    take `std`. Of one component it is a sensor's; of a plane, the region that the signal goes to,
    which is no goal that anybody chose (for these, see `control/`)."""

    components: tuple[int, ...]
    value: Array
    std: float

    def fuse(self, mean: Array, covariance: Array, s: Array) -> Fused:
        """The update of the Kalman filter, of the covariance in Joseph's form: a sum of squares,
        which stays positive definite where the belief is nearly blind in a direction."""
        every, seen = np.eye(mean.shape[-1]), list(self.components)
        innovation = covariance[:, seen][:, :, seen] + self.std**2 * np.eye(len(seen))
        gain = np.linalg.solve(innovation, covariance[:, seen]).mT  # [members, k, seen]
        fused = mean + (self.value - mean[..., seen]) @ gain.mT
        left = every - gain @ every[seen]
        remaining = left @ covariance @ left.mT + self.std**2 * gain @ gain.mT
        return Fused(fused, negative_log_likelihood(s, fused, remaining))


@dataclass(frozen=True)
class Amplitude:
    """A constraint that is no Gaussian in s: the first oscillator's amplitude |(s_0, s_1)| is
    `value` `[members, time]`, give or take `std`."""

    value: Array
    std: float

    def fuse(self, mean: Array, covariance: Array, s: Array) -> Fused:
        """By quadrature over (s_0, s_1), in polar coordinates; the rest of s follows linearly."""
        plane = covariance[:, :2, :2]
        whiten = np.linalg.inv(np.linalg.cholesky(plane)).mT  # [members, 2, 2]
        each = [
            _tilt(m[:, :2], w, value, self.std)
            for m, w, value in zip(mean, whiten, self.value, strict=True)
        ]
        moved, log_evidence = (np.stack(part) for part in zip(*each, strict=True))
        gain = np.linalg.solve(plane, covariance[:, :2])  # [members, 2, k]
        log_expert = -np.square((np.hypot(s[..., 0], s[..., 1]) - self.value) / self.std) / 2
        surprise = negative_log_likelihood(s, mean, covariance) - log_expert + log_evidence
        return Fused(mean + (moved - mean[..., :2]) @ gain, surprise)


def _tilt(mean: Array, whiten: Array, value: Array, std: float) -> tuple[Array, Array]:
    """The product of one member's Gaussian over (s_0, s_1) and the expert: its mean, `[time, 2]`,
    and the log of its integral, `[time]`.

    mean: `[time, 2]`; whiten: W with W W' the precision. The trapezoid rule in radius and angle,
    which converges fast for smooth functions that are periodic or vanish at the ends.
    The radii lie where both the belief, at its widest, and the expert have their mass: either of
    the two may be much the narrower.
    """
    steps, angles = np.linspace(-REACH, REACH, RADII), 2 * np.pi * np.arange(ANGLES) / ANGLES
    precision, own = whiten @ whiten.T, 1 / std**2
    tightness = np.linalg.eigvalsh(precision)[0]
    width = 1 / np.sqrt(tightness + own)
    centre = (tightness * np.hypot(mean[:, 0], mean[:, 1]) + own * value) * width**2
    radii = np.maximum(centre[:, None] + width * steps, 0)  # [time, radii]
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=-1)  # [angles, 2]

    # The exponent at r u, u on the circle: -(r u - m)' precision (r u - m) / 2 and the expert's.
    square = ((circle @ precision) * circle).sum(-1)  # [angles]
    cross = mean @ precision @ circle.T  # [time, angles]
    offset = ((mean @ precision) * mean).sum(-1, keepdims=True)  # [time, 1]
    of_radius = own * np.square(radii - value[:, None]) + offset
    exponent = radii[:, :, None] * (cross[:, None] - radii[:, :, None] * square / 2)
    exponent -= of_radius[:, :, None] / 2
    top = exponent.max((1, 2), keepdims=True)
    mass = radii[:, :, None] * np.exp(exponent - top)  # [time, radii, angles]
    total = mass.sum((1, 2))
    moment = np.einsum("tra,tr->ta", mass, radii) @ circle
    area = width * (steps[1] - steps[0]) * 2 * np.pi / ANGLES
    constant = np.log(area * np.abs(np.linalg.det(whiten)) / (2 * np.pi))
    return moment / total[:, None], np.log(total) + top[:, 0, 0] + constant
