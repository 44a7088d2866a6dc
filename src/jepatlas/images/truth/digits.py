"""scikit-learn's digits, made to look like MNIST's.

They are the test part of E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits"
(UCI, 1998): 1,797 images of 8 x 8 with values from 0 to 16.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import zoom
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from jepatlas.images.truth.sets import DIGITS
from jepatlas.images.truth.world import Bytes, Images

SIDE, BOX = 28, 20  # MNIST's digits fill a box of 20 x 20 amid 28 x 28
TEST = 500  # of the 1,797 digits
TITLE = "the digits of scikit-learn"


def digits() -> Images:
    """1,297 to train with and 500 to test with."""
    found = load_digits()
    images, labels = like_mnist(found.images), found.target.astype(np.uint16)
    # Every digit has its share in both parts; always the same parts, as MNIST's are.
    train, test = train_test_split(
        np.arange(len(labels)), test_size=TEST, random_state=0, stratify=labels
    )
    return Images("digits", TITLE, DIGITS, images[train], labels[train], images[test], labels[test])


def like_mnist(small: npt.NDArray[Any]) -> Bytes:
    """`[n, 8, 8]` with values from 0 to 16 as `[n, 28, 28]` with values from 0 to 255."""
    scale = BOX / small.shape[1]
    # Cubic; pixels are areas, so that the edges of the box stay where they are; zeros outside.
    large = zoom(small, (1, scale, scale), order=3, mode="grid-constant", grid_mode=True)
    grey = np.rint(np.clip(large * (255 / 16), 0, 255)).astype(np.uint8)
    margin = (SIDE - BOX) // 2
    return np.pad(grey, ((0, 0), (margin, margin), (margin, margin)))
