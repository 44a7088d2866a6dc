"""The images of the track, as the later stages read them."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from jepatlas.common.base.parameters import InputError

SIDE = 28
CLASSES = 10
DATA_SETS = ("mnist", "digits")

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Images:
    """Grey images of handwritten digits, white (255) on black (0), and the digits they show.

    data_set: "mnist", or "digits" for those of scikit-learn; train `[n, 28, 28]` with train_labels
    `[n]`, test `[m, 28, 28]` with test_labels `[m]`. Anything else is an `InputError` that names
    what is wrong.
    """

    data_set: str
    train: Bytes
    train_labels: Bytes
    test: Bytes
    test_labels: Bytes

    def __post_init__(self) -> None:
        if self.data_set not in DATA_SETS:
            known = " or ".join(DATA_SETS)
            raise InputError(f"data_set of the images should be {known}, is {self.data_set!r}")
        for part in ("train", "test"):
            images, labels = getattr(self, part), getattr(self, f"{part}_labels")
            check_images(images, f"the array '{part}_images'")
            check_labels(labels, f"the array '{part}_labels'")
            if len(images) != len(labels):
                raise InputError(
                    f"the arrays '{part}_images' and '{part}_labels' do not fit together: "
                    f"{len(images)} images, {len(labels)} labels"
                )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The images as named arrays, for an `.npz`."""
        return {
            "train_images": self.train,
            "train_labels": self.train_labels,
            "test_images": self.test,
            "test_labels": self.test_labels,
            "data_set": np.array(self.data_set),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """The inverse of `arrays`; an array that is missing or does not fit is an `InputError`."""
        try:
            return cls(
                data_set=str(arrays["data_set"]),
                train=arrays["train_images"],
                train_labels=arrays["train_labels"],
                test=arrays["test_images"],
                test_labels=arrays["test_labels"],
            )
        except KeyError as missing:
            raise InputError(f"the images lack the array {missing}") from None


def check_images(images: npt.NDArray[Any], name: str) -> None:
    """Raise `InputError` unless `images` are bytes, `[one or more, 28, 28]`."""
    _check_bytes(images, name)
    if images.shape[1:] != (SIDE, SIDE) or len(images) == 0:
        shape = list(images.shape)
        raise InputError(f"{name} should be [images, {SIDE}, {SIDE}], one or more; is {shape}")


def check_labels(labels: npt.NDArray[Any], name: str) -> None:
    """Raise `InputError` unless `labels` are bytes from 0 to 9, `[one or more]`."""
    _check_bytes(labels, name)
    if labels.ndim != 1 or len(labels) == 0:
        raise InputError(f"{name} should be [labels], one or more; is {list(labels.shape)}")
    if labels.max() >= CLASSES:
        where = int(np.argmax(labels >= CLASSES))
        raise InputError(f"{name}: label {where} should be from 0 to 9, is {labels[where]}")


def _check_bytes(array: npt.NDArray[Any], name: str) -> None:
    if array.dtype != np.uint8:
        raise InputError(f"{name} should hold uint8, holds {array.dtype}")
