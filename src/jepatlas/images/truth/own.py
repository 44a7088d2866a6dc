"""Images of one's own, divided into training and test images."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import train_test_split

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.random import generator
from jepatlas.images.truth.archive import from_archive
from jepatlas.images.truth.folders import class_folders, from_folders
from jepatlas.images.truth.found import Found
from jepatlas.images.truth.world import Images

ARCHIVE = "images.npz"
TEST = 5  # one of so many images is a test image
LEAST = {"train": 8, "test": 2}  # images of a class in each part

Array = npt.NDArray[Any]


def own(path: Path) -> Images:
    """The images at `path`, an `.npz` or a folder.

    A folder has `images.npz`, or a folder for each class, whose name is that of the class. One
    fifth of each class becomes test images, unless the archive says which are. What cannot be used
    is an `InputError` that names it.
    """
    if path.is_file():
        found = from_archive(path)
    elif (path / ARCHIVE).is_file():
        if folders := class_folders(path):
            raise InputError(
                f"{path}: should have {ARCHIVE} or folders of classes, has both (the folder "
                f"'{folders[0].name}')"
            )
        found = from_archive(path / ARCHIVE)
    else:
        found = from_folders(path)
    if len(found.classes) < 2:
        raise InputError(
            f"{path}: has one class only, '{found.classes[0]}'; two or more are needed"
        )
    train, test = _parts(found, path)
    return Images(
        data_set="own",
        title=f"images of {path}",
        classes=found.classes,
        train=found.images[train],
        train_labels=found.labels[train],
        test=found.images[test],
        test_labels=found.labels[test],
    )


def _parts(found: Found, path: Path) -> tuple[Array, Array]:
    """The numbers of the training and of the test images, always the same, in an order that says
    nothing of their classes: the last training images are held out from training."""
    numbers = np.arange(len(found.labels))
    if found.test is None:
        least = sum(LEAST.values())
        _check_classes(found, numbers, f"{least} images or more", least, path)
        train, test = train_test_split(
            numbers, test_size=1 / TEST, random_state=0, stratify=found.labels
        )
        return train, test
    parts = {"train": numbers[~found.test], "test": numbers[found.test]}
    for part, least in LEAST.items():
        _check_classes(found, parts[part], f"{least} {part} images or more", least, path)
    train, test = (generator(0, part).permutation(parts[part]) for part in LEAST)
    return train, test


def _check_classes(found: Found, numbers: Array, words: str, least: int, path: Path) -> None:
    counts = np.bincount(found.labels[numbers], minlength=len(found.classes))
    if counts.min() < least:
        few = int(counts.argmin())
        raise InputError(
            f"{path}: the class '{found.classes[few]}' should have {words}, has {counts[few]}"
        )
