"""Systems and worlds for the tests."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from jepatlas.noisy_tv.control.parameters import Control
from jepatlas.noisy_tv.measuring.measure import Truth
from jepatlas.noisy_tv.measuring.references import filtered, limits
from jepatlas.noisy_tv.truth.parameters import Data
from jepatlas.noisy_tv.truth.system import Array, System
from jepatlas.noisy_tv.truth.world import Member, World

CONSTANTS: dict[str, Any] = {
    "signal": 4,
    "distractor": 4,
    "observation": 20,
    "rotation": 0.1 * np.pi,
    "contraction": 0.99,
    "signal_noise": 0.1,
    "memory": 0.9,
    "distractor_noise": 0.3,
    "observation_noise": 0.01,
}
SYSTEM = System(**CONSTANTS)
METHODS = ("vae", "ar", "jepa", "vjepa", "bjepa", "pred_vae", "gated_ae")


def observed(drawn: World, members: Sequence[Member]) -> Array:
    """x `[members, time, observation]`."""
    return np.stack([drawn.observe(member) for member in members])


def truth_of(drawn: World, members: list[Member]) -> Truth:
    """The truth with the filter's own belief about the next state."""
    known = filtered(drawn, members, observed(drawn, members))
    return Truth.of(drawn, members, limits(known, drawn.train))


def world(first_seed: int, seeds: int, train: int = 5000, test: int = 300) -> World:
    return World.draw(SYSTEM, Data(train=train, test=test, first_seed=first_seed), seeds)


def control(explored: int) -> Control:
    return Control(
        inputs=2,
        exploration=0.1,
        explored=explored,
        episodes=20,
        horizon=30,
        goal=1,
        goal_width=1,
        effort=1,
    )
