"""Images and their classes as one's own files have them, before they are divided."""

import re
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jepatlas.images.truth.world import Bytes, Labels


class Found(NamedTuple):
    """images `[n, height, width]`, labels `[n]` that count the `classes`, and which of the images
    are test images, `[n]`; None where that is left to us."""

    images: Bytes
    labels: Labels
    classes: tuple[str, ...]
    test: npt.NDArray[np.bool_] | None = None


def counted(name: str) -> list[str | int]:
    """What to sort names by so that `class 2` comes before `class 10`."""
    parts = re.split(r"([0-9]+)", name)  # numbers at every second place
    return [int(part) if place % 2 else part for place, part in enumerate(parts)]
