"""Images of one's own: a folder of PNGs for each class, or two arrays in an `.npz`."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from sklearn.model_selection import train_test_split

from jepatlas.common.base.parameters import PARAMS, InputError
from jepatlas.common.base.random import generator
from jepatlas.common.base.storage import read_arrays
from jepatlas.images.truth.world import LARGEST, SMALLEST, Bytes, Images, Labels, check_images

ARCHIVE = "images.npz"
ARRAYS = ("images", "labels", "split")  # what an archive may hold; the last may be missing
TEST = 5  # one of so many images is a test image
LEAST = {"train": 8, "test": 2}  # images of a class in each part
GREY = ("L", "1")  # Pillow's modes of eight bits and of one

Array = npt.NDArray[Any]


class Found(NamedTuple):
    """images `[n, height, width]`, labels `[n]` that count the `classes`, and which of the images
    are test images, `[n]`; None where that is left to us."""

    images: Bytes
    labels: Labels
    classes: tuple[str, ...]
    test: npt.NDArray[np.bool_] | None = None


def own(path: Path) -> Images:
    """The images at `path`, an `.npz` or a folder.

    A folder has `images.npz`, or a folder for each class, whose name is that of the class. One
    fifth of each class becomes test images, unless the archive says which are. What cannot be used
    is an `InputError` that names it.
    """
    if path.is_file():
        found = _from_arrays(path)
    elif (path / ARCHIVE).is_file():
        found = _from_arrays(path / ARCHIVE)
    else:
        found = _from_folders(path)
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


def _from_arrays(path: Path) -> Found:
    arrays = read_arrays(path)
    for name in ("images", "labels"):
        if name not in arrays:
            raise InputError(f"{path}: lacks the array '{name}'; it needs 'images' and 'labels'")
    for name in arrays:
        if name not in ARRAYS:
            raise InputError(f"{path}: unknown array '{name}'; it takes {', '.join(ARRAYS)}")
    images, values, split = arrays["images"], arrays["labels"], arrays.get("split")
    check_images(images, f"{path}: the array 'images'")
    _check_one_each(values, "labels", "label", images, path)
    if values.dtype.kind not in "iuU":
        raise InputError(
            f"{path}: the array 'labels' should hold integers or text, holds {values.dtype}"
        )
    classes, labels = np.unique(values, return_inverse=True)
    names = tuple(str(name) for name in classes)
    return Found(images, labels.astype(np.uint16), names, _tested(split, images, path))


def _tested(split: Array | None, images: Bytes, path: Path) -> npt.NDArray[np.bool_] | None:
    """Which images are test images, from the array `split` with 'train' or 'test' for each."""
    if split is None:
        return None
    _check_one_each(split, "split", "word", images, path)
    for word in np.unique(split):
        if word not in ("train", "test"):
            raise InputError(
                f"{path}: the array 'split' should hold 'train' or 'test', has {word!s}"
            )
    return np.asarray(split == "test")


def _check_one_each(array: Array, name: str, thing: str, images: Bytes, path: Path) -> None:
    if array.shape != images.shape[:1]:
        raise InputError(
            f"{path}: the array '{name}' should have one {thing} for each of {len(images)} images, "
            f"is {list(array.shape)}"
        )


def _from_folders(path: Path) -> Found:
    if not path.is_dir():
        raise InputError(f"{PARAMS}: images.data.path: {path} is neither a folder nor an .npz file")
    folders = [entry for entry in _visible(path) if entry.is_dir()]
    files = [(file, k) for k, folder in enumerate(folders) for file in _pictures(folder)]
    if not files:
        raise InputError(
            f"{PARAMS}: images.data.path: {path} has no folders of PNGs, and no {ARCHIVE}"
        )
    first = files[0][0]
    images: list[Bytes] = []
    for file, _ in files:
        images.append(_pixels(file))
        if images[-1].shape != images[0].shape:
            raise InputError(
                f"{file}: is {_size(images[-1])}, but {first} is {_size(images[0])}; all images "
                "should have one size"
            )
    stacked = np.stack(images)
    check_images(stacked, f"{path}: its images")
    labels = np.array([k for _, k in files], dtype=np.uint16)
    return Found(stacked, labels, tuple(folder.name for folder in folders))


def _visible(folder: Path) -> list[Path]:
    """What is in a folder, by name, but for what systems and editors hide in it."""
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _pictures(folder: Path) -> list[Path]:
    """The PNGs of one class. What is none is named, or it would be left out without a word."""
    entries = _visible(folder)
    for entry in entries:
        if entry.suffix.lower() != ".png" or not entry.is_file():
            raise InputError(f"{entry}: the folder of a class should hold PNGs and nothing else")
    return entries


def _pixels(file: Path) -> Bytes:
    try:
        with Image.open(file) as image:
            if max(image.size) > LARGEST:  # before it is unpacked: a small file may hold gigabytes
                raise InputError(
                    f"{file}: should be {SMALLEST} to {LARGEST} pixels per side, is "
                    f"{image.width} x {image.height}"
                )
            if image.mode not in GREY:
                raise InputError(
                    f"{file}: should be grey with 8 bits (mode L), is of mode {image.mode}"
                )
            return np.asarray(image.convert("L"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{file}: damaged, or not a PNG ({reason})") from None


def _size(pixels: Array) -> str:
    height, width = pixels.shape
    return f"{width} x {height}"
