"""The truth of the noisy-TV world: a linear signal watched through a linear distractor.

    s[t+1] = A s[t] + w,                  w ~ N(0, signal_noise^2 I)
    d[t+1] = memory d[t] + v,             v ~ N(0, distractor_noise^2 I)
    x[t]   = C s[t] + sigma D d[t] + e,   e ~ N(0, observation_noise^2 I)

A turns planes, A = contraction * blockdiag(R(rotation), ...). C and D are Gaussian with columns
of unit norm; sigma is the noise scale. Both processes start in their stationary
distribution, so every moment here is exact at every step.
"""

from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator, model_validator
from scipy.linalg import block_diag
from scipy.signal import lfilter

from jepatlas.common.base.parameters import Count, Positive, Section

Array = npt.NDArray[np.float64]
Stable = Annotated[float, Field(ge=0)]


class System(Section):
    """The constants of the system; rotation in radians per step, noises as standard deviations."""

    signal: Count
    distractor: Count
    observation: Count
    rotation: float
    contraction: Stable
    signal_noise: Positive
    memory: Stable
    distractor_noise: Positive
    observation_noise: Positive

    @field_validator("contraction", "memory")
    @classmethod
    def _is_stable(cls, value: float) -> float:
        return check_stable(value)

    @model_validator(mode="after")
    def _rotates_planes(self) -> Self:
        if self.signal % 2 and self.rotation:
            raise ValueError(
                f"signal should be even, as rotations turn planes (or rotation 0), is {self.signal}"
            )
        return self

    @property
    def dynamics(self) -> Array:
        """A, `[signal, signal]`."""
        if not self.rotation:
            return self.contraction * np.eye(self.signal)
        cos, sin = np.cos(self.rotation), np.sin(self.rotation)
        plane = np.array([[cos, -sin], [sin, cos]])
        return self.contraction * block_diag(*[plane] * (self.signal // 2))

    @property
    def signal_std(self) -> float:
        """Stationary standard deviation of each component of s: A A' = contraction^2 I."""
        return float(self.signal_noise / np.sqrt(1 - self.contraction**2))

    @property
    def distractor_std(self) -> float:
        """Stationary standard deviation of each component of d."""
        return float(self.distractor_noise / np.sqrt(1 - self.memory**2))


def check_stable(radius: float) -> float:
    """`radius` itself if a process with this spectral radius forgets its past, else ValueError."""
    if not radius < 1:
        raise ValueError("is the spectral radius and should be below 1, or the state never settles")
    return radius


@dataclass(frozen=True)
class Trajectory:
    """One run of the system, for any noise scale and any memory of the distractor.

    The distractor is kept as the unit normal draws that drive it: runs that differ in memory then
    differ in nothing else.
    """

    C: Array  # [observation, signal]
    D: Array  # [observation, distractor]
    s: Array  # [time, signal]
    drive: Array  # [time, distractor]
    e: Array  # [time, observation]

    @classmethod
    def draw(cls, system: System, time: int, rng: np.random.Generator) -> Self:
        C = _unit_columns(rng.standard_normal((system.observation, system.signal)))
        D = _unit_columns(rng.standard_normal((system.observation, system.distractor)))
        A = system.dynamics
        s = rng.standard_normal((time, system.signal))
        s[0] *= system.signal_std
        s[1:] *= system.signal_noise
        for t in range(1, time):
            s[t] += A @ s[t - 1]
        drive = rng.standard_normal((time, system.distractor))
        e = system.observation_noise * rng.standard_normal((time, system.observation))
        return cls(C, D, s, drive, e)

    def distractor(self, system: System, memory: float) -> Array:
        """d `[time, distractor]` with this memory and the system's stationary variance.

        Only the predictability changes with the memory, not how loud the distractor is; at the
        system's own memory the noise that drives it is `distractor_noise`.
        """
        steps = np.sqrt(1 - memory**2) * self.drive
        steps[0] = self.drive[0]
        d: Array = lfilter([1.0], [1.0, -memory], steps, axis=0)
        return system.distractor_std * d

    def observe(self, system: System, scale: float, memory: float) -> Array:
        """x `[time, observation]` at the noise scale sigma = `scale`."""
        return self.s @ self.C.T + scale * self.distractor(system, memory) @ self.D.T + self.e


def _unit_columns(matrix: Array) -> Array:
    return matrix / np.linalg.norm(matrix, axis=0)
