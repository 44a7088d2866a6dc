"""Systems and worlds for the tests."""

from typing import Any

import numpy as np

from jepatlas.noisy_tv.truth.parameters import Data
from jepatlas.noisy_tv.truth.system import System
from jepatlas.noisy_tv.truth.world import World

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


def world(first_seed: int, seeds: int, train: int = 5000, test: int = 300) -> World:
    return World.draw(SYSTEM, Data(train=train, test=test, first_seed=first_seed), seeds)
