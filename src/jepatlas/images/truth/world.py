"""The images of the track, as the later stages read them."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from jepatlas.common.base.parameters import InputError

SMALLEST, LARGEST = 8, 64  # pixels per side

Bytes = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint16]


LAYOUT = {  # of the file of images
    "train_images": "uint8 n height width",
    "train_labels": "uint16 n",
    "test_images": "uint8 m height width",
    "test_labels": "uint16 m",
}


@dataclass(frozen=True)
class Images:
    """Grey images, bytes from 0 to 255, and the class that each one shows.

    data_set: the name of the set in params.yaml; title: what people call it; classes: their names;
    train `[n, height, width]` with train_labels `[n]`, test `[m, height, width]` with test_labels
    `[m]`, labels counting the classes from 0. Anything else is an `InputError` that names what is
    wrong.
    """

    data_set: str
    title: str
    classes: tuple[str, ...]
    train: Bytes
    train_labels: Labels
    test: Bytes
    test_labels: Labels

    def __post_init__(self) -> None:
        for part in ("train", "test"):
            images, labels = getattr(self, part), getattr(self, f"{part}_labels")
            check_images(images, f"the array '{part}_images'")
            check_labels(labels, f"the array '{part}_labels'", len(self.classes))
            if len(images) != len(labels):
                raise InputError(
                    f"the arrays '{part}_images' and '{part}_labels' do not fit together: "
                    f"{len(images)} images, {len(labels)} labels"
                )
        if self.train.shape[1:] != self.test.shape[1:]:
            raise InputError(
                f"training and test images should have one size, have {list(self.train.shape[1:])} "
                f"and {list(self.test.shape[1:])}"
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of an image."""
        _, height, width = self.train.shape
        return height, width

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The images as named arrays, for an `.npz`."""
        return {
            "train_images": self.train,
            "train_labels": self.train_labels,
            "test_images": self.test,
            "test_labels": self.test_labels,
            "data_set": np.array(self.data_set),
            "title": np.array(self.title),
            "classes": np.array(self.classes),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """The inverse of `arrays`; an array that is missing or does not fit is an `InputError`."""
        try:
            return cls(
                data_set=str(arrays["data_set"]),
                title=str(arrays["title"]),
                classes=tuple(arrays["classes"].tolist()),
                train=arrays["train_images"],
                train_labels=arrays["train_labels"],
                test=arrays["test_images"],
                test_labels=arrays["test_labels"],
            )
        except KeyError as missing:
            raise InputError(f"the images lack the array {missing}") from None


def check_images(images: npt.NDArray[Any], name: str) -> None:
    """Raise `InputError` unless `images` are bytes, `[one or more, height, width]`, 8 to 64 pixels
    per side."""
    if images.dtype != np.uint8:
        raise InputError(f"{name} should hold uint8, holds {images.dtype}")
    sides = images.shape[1:]
    fits = len(sides) == 2 and all(SMALLEST <= side <= LARGEST for side in sides)
    if not fits or len(images) == 0:
        raise InputError(
            f"{name} should be [images, height, width], one or more, {SMALLEST} to {LARGEST} "
            f"pixels per side; is {list(images.shape)}"
        )


def check_labels(labels: npt.NDArray[Any], name: str, classes: int) -> None:
    """Raise `InputError` unless `labels` are uint16 below `classes`, `[one or more]`."""
    if labels.dtype != np.uint16:
        raise InputError(f"{name} should hold uint16, holds {labels.dtype}")
    if labels.ndim != 1 or len(labels) == 0:
        raise InputError(f"{name} should be [labels], one or more; is {list(labels.shape)}")
    if labels.max() >= classes:
        where = int(np.argmax(labels >= classes))
        raise InputError(
            f"{name}: label {where} should be from 0 to {classes - 1}, is {labels[where]}"
        )
