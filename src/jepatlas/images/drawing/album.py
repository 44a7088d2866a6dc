"""What the pictures of this track are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt

from jepatlas.images.truth.world import Images

Array = npt.NDArray[Any]
Measured = dict[str, Any]

SPELLED = {"jepa": "JEPA", "lejepa": "LeJEPA", "vicreg": "VICReg"}
FALLBACK = "digits"  # the set that takes the place of another one


def title(name: str) -> str:
    """A method's name as people write it."""
    return SPELLED.get(name, name.replace("_", " "))


def colours(count: int) -> Array:
    """A colour for each class, `[count, 3]`: ten that are told apart easily, then hues."""
    if count <= 10:
        return np.array(mpl.color_sequences["tab10"])[:count]
    return np.asarray(mpl.colormaps["hsv"](np.arange(count) / count)[:, :3] * 0.85)


@dataclass(frozen=True)
class Entry:
    """What was measured of a method: arrays, and measures nested as in its table."""

    name: str
    arrays: dict[str, Array]
    measured: Measured

    @property
    def title(self) -> str:
        return title(self.name)


@dataclass(frozen=True)
class Album:
    """The images, and what every method made of them."""

    images: Images
    entries: Sequence[Entry]

    @property
    def source(self) -> str:
        """The data set in words."""
        images = self.images
        return images.title[0].upper() + images.title[1:]

    @property
    def rows(self) -> Array:
        """Places in the list of shown images of one image per class, at most ten."""
        labels = self.images.test_labels[self.entries[0].arrays["shown"]]
        return np.array([np.flatnonzero(labels == k)[0] for k in np.unique(labels)])[:10]
