"""The points of the mixture track: each member's own, to train on and held out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.random import generator
from jepatlas.common.base.storage import read_arrays
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import Data

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

POINTS = Path("data/mixture/points")  # a file for each mixture
LAYOUT = {  # of the file of points
    "weights": "float64 k",
    "means": "float64 k 2",
    "covariances": "float64 k 2 2",
    "train": "float64 members n 2",
    "probe": "float64 members probe 2",
    "probe_components": "int64 members probe",
    "test": "float64 members test 2",
    "test_components": "int64 members test",
}


@dataclass(frozen=True)
class World:
    """A mixture and points of it.

    Members have points of their own, so that an interval over members covers the luck of what is
    trained and measured on as well as that of the initial weights and of the batches. Probes are
    fitted on `probe`, and everything is measured on `test`.
    """

    mixture: Mixture
    train: Array  # [members, n, d]
    probe: Array  # [members, n, d]
    probe_components: Labels  # [members, n]
    test: Array  # [members, n, d]
    test_components: Labels  # [members, n]

    @classmethod
    def draw(cls, mixture: Mixture, data: Data, members: int, seed: int) -> Self:
        def own(n: int, part: str) -> list[npt.NDArray[Any]]:
            """Points and their components."""
            sources = (generator(seed, member, part) for member in range(members))
            drawn = [mixture.sample(n, source) for source in sources]
            return [np.stack(arrays) for arrays in zip(*drawn, strict=True)]

        train, _ = own(data.train, "train")
        return cls(mixture, train, *own(data.probe, "probe"), *own(data.test, "test"))

    @classmethod
    def read(cls, mixture: str) -> Self:
        """As it was drawn before of the mixture of that name, from its file."""
        return cls.from_arrays(read_arrays(POINTS / f"{mixture}.npz", LAYOUT))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The whole world as named arrays, for an `.npz`."""
        return {
            "weights": self.mixture.weights,
            "means": self.mixture.means,
            "covariances": self.mixture.covariances,
            "train": self.train,
            "probe": self.probe,
            "probe_components": self.probe_components,
            "test": self.test,
            "test_components": self.test_components,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """The inverse of `arrays`; a missing array is an `InputError`."""
        try:
            truth = [arrays[name] for name in ("weights", "means", "covariances")]
            names = ("train", "probe", "probe_components", "test", "test_components")
            return cls(Mixture(*truth), *(arrays[name] for name in names))
        except KeyError as missing:
            raise InputError(f"the points of the mixture lack the array {missing}") from None
        except ValueError as error:
            raise InputError(f"the points of the mixture are damaged: {error}") from None
