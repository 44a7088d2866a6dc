"""Randomness: every draw comes from a generator seeded by (seed, member, purpose).

Nothing here touches global state, so a member draws the same numbers alone or among others, and
one purpose (the weights, the batches, ...) never shifts the draws of another.
"""

import zlib
from collections.abc import Sequence

import numpy as np


def generator(seed: int, *purpose: int | str) -> np.random.Generator:
    """A NumPy generator for one purpose, e.g. `generator(seed, member, "points")`."""
    return np.random.default_rng(_entropy(seed, purpose))


def _entropy(seed: int, purpose: Sequence[int | str]) -> list[int]:
    # A text counts by its CRC: Python's own hash() differs from process to process.
    # The length too: NumPy pads with zeros, so a last 0 would not count.
    return [
        len(purpose),
        seed,
        *(zlib.crc32(p.encode()) if isinstance(p, str) else p for p in purpose),
    ]


def torch_seed(seed: int, *purpose: int | str) -> int:
    state = np.random.SeedSequence(_entropy(seed, purpose)).generate_state(2, np.uint32)
    return int(state[0]) << 32 | int(state[1])
