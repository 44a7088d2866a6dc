"""The trajectories of the track and the members of its ensembles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.random import generator
from jepatlas.noisy_tv.truth.parameters import Data, Recipe, Sweep
from jepatlas.noisy_tv.truth.system import Array, System, Trajectory

FIELDS = ("C", "D", "s", "drive", "e")
LAYOUT = {  # of a file of trajectories
    "C": "float64 runs observation signal",
    "D": "float64 runs observation distractor",
    "s": "float64 runs time signal",
    "drive": "float64 runs time distractor",
    "e": "float64 runs time observation",
    "seeds": "int64 runs",
    "train": "int64",
}


class Member(NamedTuple):
    """One world to learn: a trajectory, by its seed, at a noise scale and a distractor's memory."""

    seed: int
    scale: float
    memory: float


@dataclass(frozen=True)
class World:
    """One trajectory per seed; `train` steps are learned from, what follows is the test part."""

    system: System
    trajectories: dict[int, Trajectory]
    train: int
    name: str = "own"

    @classmethod
    def draw(cls, system: System, data: Data, seeds: int) -> Self:
        trajectories = {
            seed: Trajectory.draw(system, data.train + data.test, generator(seed, "trajectory"))
            for seed in range(data.first_seed, data.first_seed + seeds)
        }
        return cls(system, trajectories, data.train)

    def members(self, recipe: Recipe, sweep: Sweep) -> list[Member]:
        """Every noise scale at the system's memory, then every memory at the failure scale."""
        settings = [(scale, self.system.memory) for scale in sweep.scales]
        settings += [(sweep.failure_scale, memory) for memory in recipe.memories]
        seeds = list(self.trajectories)[: recipe.seeds]
        return [Member(seed, *setting) for setting in dict.fromkeys(settings) for seed in seeds]

    @property
    def test(self) -> int:
        """Steps of the test part."""
        return len(next(iter(self.trajectories.values())).s) - self.train

    def observe(self, member: Member) -> Array:
        """x `[time, observation]`."""
        return self.trajectories[member.seed].observe(self.system, member.scale, member.memory)

    def signal(self, members: Sequence[Member]) -> Array:
        """s `[members, time, signal]`."""
        return np.stack([self.trajectories[m.seed].s for m in members])

    def distractor(self, members: Sequence[Member]) -> Array:
        """d `[members, time, distractor]`."""
        return np.stack(
            [self.trajectories[m.seed].distractor(self.system, m.memory) for m in members]
        )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The trajectories as named arrays, for an `.npz`."""
        runs = self.trajectories.values()
        stacked = {name: np.stack([getattr(run, name) for run in runs]) for name in FIELDS}
        return {
            "seeds": np.array(list(self.trajectories)),
            "train": np.array(self.train),
            **stacked,
        }

    @classmethod
    def from_arrays(
        cls, system: System, arrays: dict[str, npt.NDArray[Any]], name: str = "own"
    ) -> Self:
        """The inverse of `arrays`; an array that is missing or does not fit is an `InputError`."""
        try:
            stacks = [arrays[name] for name in FIELDS]
            seeds, train = arrays["seeds"], int(arrays["train"])
        except KeyError as missing:
            raise InputError(f"the trajectories of the noisy TV lack the array {missing}") from None
        steps = {arrays[name].shape[1] for name in ("s", "drive", "e")}
        if {len(stack) for stack in stacks} != {len(seeds)} or not train < min(steps) == max(steps):
            raise InputError("the trajectories of the noisy TV do not fit together; draw them anew")
        runs = (Trajectory(*fields) for fields in zip(*stacks, strict=True))
        return cls(system, dict(zip(map(int, seeds), runs, strict=True)), train, name)
