"""Randomness: every draw comes from a generator seeded by (seed, member, purpose).

Nothing here touches global state, so a member draws the same numbers alone or among others, and
one purpose (the weights, the batches, ...) never shifts the draws of another.
"""

import zlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def generator(seed: int, *purpose: int | str) -> np.random.Generator:
    """A NumPy generator for one purpose, e.g. `generator(seed, member, "points")`."""
    return np.random.default_rng(_entropy(seed, purpose))


class Noise:
    """The draws of an ensemble: `[members, *shape]`, member by member from its own generator.

    Draws are made on the CPU and moved, so that every device sees the same numbers.
    """

    def __init__(
        self,
        seed: int,
        members: int | Sequence[int],
        purpose: str,
        device: torch.device | str = "cpu",
    ) -> None:
        """`members`: how many, or the numbers of the members to draw for."""
        self.members = list(range(members)) if isinstance(members, int) else list(members)
        self.device = torch.device(device)
        self._generators = [
            torch.Generator().manual_seed(torch_seed(seed, member, purpose))
            for member in self.members
        ]

    def __len__(self) -> int:
        return len(self.members)

    def normal(self, *shape: int) -> Tensor:
        """Standard normal, float32."""
        return self._stack([torch.randn(shape, generator=g) for g in self._generators])

    def uniform(self, *shape: int) -> Tensor:
        """Uniform on [0, 1), float32."""
        return self._stack([torch.rand(shape, generator=g) for g in self._generators])

    def integers(self, high: int, *shape: int) -> Tensor:
        """Uniform on {0, ..., high - 1}, int64."""
        return self._stack([torch.randint(high, shape, generator=g) for g in self._generators])

    def _stack(self, draws: list[Tensor]) -> Tensor:
        return torch.stack(draws).to(self.device)


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
