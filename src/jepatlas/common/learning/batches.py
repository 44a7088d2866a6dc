"""Streams of batches: which examples every member learns from at each step.

A stream has a number of steps in all, and says after how many of them a round is over: then curves
get a row, and training may be interrupted and resumed.
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

from torch import Tensor

from jepatlas.common.learning.draws import Draws

ROUND = 20  # steps over which a loss is averaged where there are no epochs


class Batch(NamedTuple):
    """examples: their numbers, `[members, batch]`, None for all of them; epoch: from 0, always 0
    where there are none; progress: the share of all steps that lie behind, in [0, 1)."""

    examples: Tensor | None
    epoch: int
    progress: float


class Batches(ABC):
    """steps: in all; round: of how many steps a round consists."""

    def __init__(self, steps: int, round: int) -> None:
        self.steps, self.round = steps, round

    def batch(self, step: int) -> Batch:
        """The batch of a step, from 0; steps must be asked for in their order."""
        return Batch(self._examples(step), self._epoch(step), step / self.steps)

    @abstractmethod
    def _examples(self, step: int) -> Tensor | None:
        """Numbers of examples `[members, batch]`; None for all."""

    def _epoch(self, step: int) -> int:
        return 0


class FullBatch(Batches):
    """All examples at each step."""

    def __init__(self, steps: int) -> None:
        super().__init__(steps, ROUND)

    def _examples(self, step: int) -> None:
        return None


class Resampled(Batches):
    """`size` of `count` examples at each step, drawn with replacement."""

    def __init__(self, steps: int, size: int, count: int, draws: Draws) -> None:
        super().__init__(steps, ROUND)
        self.size, self.count, self.draws = size, count, draws

    def _examples(self, step: int) -> Tensor:
        return self.draws.integers(self.count, self.size)


class Epochs(Batches):
    """Every example once in an epoch, in an order of its own for each epoch and member; the last,
    smaller batch of an epoch is left out. A round is an epoch."""

    def __init__(self, epochs: int, size: int, count: int, draws: Draws) -> None:
        """Raises ValueError where one batch takes more examples than there are."""
        if size > count:
            raise ValueError(f"a batch of {size} takes more than the {count} examples")
        super().__init__(epochs * (count // size), count // size)
        self.size, self.count, self.draws = size, count, draws

    def _examples(self, step: int) -> Tensor:
        place = step % self.round
        if place == 0:
            self.order = self.draws.permutations(self.count)
        return self.order[:, place * self.size : (place + 1) * self.size]

    def _epoch(self, step: int) -> int:
        return step // self.round
