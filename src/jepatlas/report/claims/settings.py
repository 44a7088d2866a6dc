"""What the rules take from params.yaml."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import pdist


@dataclass(frozen=True)
class Settings:
    """collapsed: the spread below which an embedding counts as collapsed; weights and means of the
    mixture, `[k]` and `[k, d]`; scales: the noise scales of the noisy TV."""

    collapsed: float
    weights: npt.ArrayLike
    means: npt.ArrayLike
    scales: Sequence[float]

    @property
    def smallest_weight(self) -> float:
        return float(np.min(self.weights))

    @property
    def nearest(self) -> float:
        """The distance of the two means that are nearest to each other."""
        return float(pdist(self.means).min())

    @property
    def quiet(self) -> float:
        return min(self.scales)

    @property
    def loud(self) -> float:
        return max(self.scales)
