"""A signal with an input, and goals for it:

    s[t+1] = A s[t] + B u[t] + w,
    cost   = mean over t of |s[t+1] - g|^2 / var(s) + effort |u[t]|^2.

The system is linear, so that a run with inputs is the run without plus the response r to them,
r[t+1] = A r[t] + B u[t] from r = 0 on: s and x with inputs are s + r and x + C r, and so is the
filter's mean. Every policy acts in the same runs, those of the test part, and differences
between policies are differences of what they do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from jepatlas.common.base.random import generator
from jepatlas.noisy_tv.control.parameters import Control
from jepatlas.noisy_tv.truth.system import Array
from jepatlas.noisy_tv.truth.world import Member, World

# From the step of an episode, the responses up to it `[members, episodes, step + 1, k]` and the
# inputs before it `[members, episodes, step, inputs]`, to its input `[members, episodes, inputs]`.
Policy = Callable[[int, Array, Array], Array]


class Run(NamedTuple):
    """s `[members, episodes, horizon + 1, k]`, u `[members, episodes, horizon, inputs]`."""

    s: Array
    u: Array


@dataclass(frozen=True)
class Task:
    """A `[k, k]`; B `[members, k, inputs]`; goals `[members, episodes, k]`; free: s of the episodes
    without inputs, `[members, episodes, horizon + 1, k]`; variance: of each component of s."""

    control: Control
    A: Array
    B: Array
    goals: Array
    free: Array
    variance: float

    @classmethod
    def of(cls, world: World, members: Sequence[Member], control: Control) -> "Task":
        """B is Gaussian with columns of unit norm, as C is. A goal is where some constant input v
        holds the signal, (1 - A)^-1 B v, with v Gaussian."""
        A, std = world.system.dynamics, world.system.signal_std
        B, goals = zip(*(_drawn(A, member.seed, control) for member in members), strict=True)
        return cls(
            control,
            A,
            np.stack(B),
            control.goal * std * np.stack(goals),
            episodes(world.signal(members)[:, world.train :], control, 1),
            std**2,
        )

    def steer(self, policy: Policy) -> Run:
        """The episodes with the inputs of a policy."""
        control = self.control
        r = np.zeros_like(self.free)
        u = np.zeros((*r.shape[:2], control.horizon, control.inputs))
        for step in range(control.horizon):
            u[:, :, step] = policy(step, r[:, :, : step + 1], u[:, :, :step])
            r[:, :, step + 1] = r[:, :, step] @ self.A.T + u[:, :, step] @ self.B.mT
        return Run(self.free + r, u)

    def distances(self, run: Run) -> Array:
        """Squared distances to the goal by step, over the variance, `[members, horizon + 1]`: the
        means over episodes."""
        squares = np.square(run.s - self.goals[:, :, None]).sum(-1) / self.variance
        mean: Array = squares.mean(1)
        return mean

    def cost(self, run: Run) -> Array:
        """`[members]`"""
        effort = self.control.effort * np.square(run.u).sum(-1).mean((1, 2))
        cost: Array = self.distances(run)[:, 1:].mean(-1) + effort
        return cost


def _drawn(A: Array, seed: int, control: Control) -> tuple[Array, Array]:
    """B `[k, inputs]`, and goals `[episodes, k]` whose components have the mean square 1."""
    rng = generator(seed, "control")
    B = rng.standard_normal((len(A), control.inputs))
    B /= np.linalg.norm(B, axis=0)
    held = np.linalg.solve(np.eye(len(A)) - A, B)
    held /= np.sqrt(np.square(held).sum() / len(A))
    return B, rng.standard_normal((control.episodes, control.inputs)) @ held.T


def identities(members: int, size: int) -> Array:
    """`[members, size, size]`"""
    return np.broadcast_to(np.eye(size), (members, size, size))


def episodes(series: Array, control: Control, more: int = 0) -> Array:
    """The first steps of a series `[members, time, .]` as `[members, episodes, horizon + more, .]`;
    `more` steps that follow an episode are the first of the next."""
    starts = control.horizon * np.arange(control.episodes)
    return series[:, starts[:, None] + np.arange(control.horizon + more)]


def explored(task: Task, members: Sequence[Member]) -> tuple[Array, Array]:
    """White inputs in the first steps of the training part, `[members, explored, inputs]`, and the
    response to them, `[members, explored, k]`."""
    control = task.control
    shape = control.explored, control.inputs
    drawn = [generator(member.seed, "exploration").standard_normal(shape) for member in members]
    u = control.exploration * np.stack(drawn)
    r = np.zeros((len(members), control.explored, len(task.A)))
    for t in range(control.explored - 1):
        r[:, t + 1] = r[:, t] @ task.A.T + (task.B @ u[:, t, :, None])[..., 0]
    return u, r


def goal_pictures(world: World, member: Member, goals: Array, frames: int) -> Array:
    """What is seen where the undisturbed signal comes to each goal `[episodes, k]`, distractor and
    all: windows `[episodes, frames * observation]`."""
    own = world.trajectories[member.seed]
    back = np.linalg.inv(world.system.dynamics)
    way = [goals @ np.linalg.matrix_power(back, ago).T for ago in range(frames)]
    shown = np.stack(way[::-1], axis=1)  # [episodes, frames, k]
    rng, system = generator(member.seed, "goal pictures"), world.system
    drive = rng.standard_normal((len(goals), frames, system.distractor))
    e = system.observation_noise * rng.standard_normal((len(goals), frames, system.observation))
    runs = (
        replace(own, s=s, drive=of_d, e=of_x) for s, of_d, of_x in zip(shown, drive, e, strict=True)
    )
    return np.stack([run.observe(system, member.scale, member.memory).ravel() for run in runs])
