"""What the pictures of this track are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.colors import hsv_to_rgb, to_rgb

from jepatlas.common.drawing.looks import label
from jepatlas.common.drawing.style import CATEGORIES
from jepatlas.images.truth.world import Images

Array = npt.NDArray[Any]
Measured = dict[str, Any]

HEADING = 6.7  # inches that a page is wide at least, so that its heading has room
LONGEST = 40, 16  # letters of a title, and of a class's name
MANY = 30  # classes: more names would hide each other


def written(text: str, longest: int) -> str:
    """A text of one's own as matplotlib is to draw it: dollars as dollars, and what is long without
    its middle, because names often differ at their ends."""
    half = longest // 2
    cut = text if len(text) <= longest else f"{text[: half - 1]}…{text[-half:]}"
    return cut.replace("$", r"\$")


def room(texts: Sequence[str], size: float = 7) -> float:
    """Inches that the longest of these texts takes, in letters of `size` points."""
    return 0.0095 * size * max(map(len, texts))


# Of ten classes, as on the page (map.js): without black, which its dark theme would swallow.
CLASSES = (*CATEGORIES[:-1], "#808080", "#7A5A2E", "#6A3FA0", "#6E8B00")


def colours(count: int) -> Array:
    """A colour for each class, `[count, 3]`: ten that are told apart easily, then hues."""
    if count <= 10:
        return np.array([to_rgb(colour) for colour in CLASSES[:count]])
    hues = np.arange(count) / count
    return np.asarray(hsv_to_rgb(np.stack([hues, np.ones(count), np.full(count, 0.85)], axis=1)))


@dataclass(frozen=True)
class Entry:
    """What was measured of a method: arrays, and measures nested as in its table."""

    name: str
    arrays: dict[str, Array]
    measured: Measured

    @property
    def title(self) -> str:
        return label(self.name)


@dataclass(frozen=True)
class Album:
    """The images, and what every method made of them."""

    images: Images
    entries: Sequence[Entry]

    @property
    def source(self) -> str:
        """The data set in words."""
        title = written(self.images.title, LONGEST[0])
        return title[0].upper() + title[1:]

    @property
    def names(self) -> list[str]:
        """What the classes are called in pictures."""
        return [written(name, LONGEST[1]) for name in self.images.classes]

    @property
    def members(self) -> int:
        _, members = self.entries[0].arrays["curve_loss"].shape
        return int(members)

    @property
    def whose(self) -> str:
        """The end of a note under what is drawn of one member."""
        return "" if self.members == 1 else f" The first of {self.members} members."

    @property
    def over(self) -> str:
        """What intervals are over."""
        return "the test images" if self.members == 1 else f"{self.members} members"

    def cell(self, size: float) -> tuple[float, float]:
        """Width and height in inches of an image whose longer side is `size`."""
        height, width = self.images.shape
        longer = max(height, width)
        return size * width / longer, size * height / longer

    @property
    def rows(self) -> Array:
        """Places in the list of shown images of one image per class, at most ten."""
        labels = self.images.test_labels[self.entries[0].arrays["shown"]]
        return np.array([np.flatnonzero(labels == k)[0] for k in np.unique(labels)])[:10]
