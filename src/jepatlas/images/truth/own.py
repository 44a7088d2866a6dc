"""Images of one's own: a folder of PNGs for each class, or two arrays in an `.npz`."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError
from sklearn.model_selection import train_test_split

from jepatlas.common.base.parameters import PARAMS, InputError
from jepatlas.common.base.storage import read_arrays
from jepatlas.images.truth.world import Bytes, Images, Labels, check_images

ARCHIVE = "images.npz"
TEST = 5  # one of so many images is a test image
LEAST = 10  # images of a class, so that every part has some
GREY = ("L", "1")  # Pillow's modes of eight bits and of one

Array = npt.NDArray[Any]


def own(path: Path) -> Images:
    """The images at `path`, an `.npz` or a folder; one fifth of each class becomes test images.

    A folder has `images.npz`, or a folder for each class, whose name is that of the class. What
    cannot be used is an `InputError` that names it.
    """
    if path.is_file():
        images, labels, classes = _from_arrays(path)
    elif (path / ARCHIVE).is_file():
        images, labels, classes = _from_arrays(path / ARCHIVE)
    else:
        images, labels, classes = _from_folders(path)
    _check_classes(labels, classes, path)
    # Always the same parts, in an order that does not depend on the names of the files.
    train, test = train_test_split(
        np.arange(len(labels)), test_size=1 / TEST, random_state=0, stratify=labels
    )
    title = f"images of {path}"
    return Images("own", title, classes, images[train], labels[train], images[test], labels[test])


def _from_arrays(path: Path) -> tuple[Bytes, Labels, tuple[str, ...]]:
    arrays = read_arrays(path)
    for name in ("images", "labels"):
        if name not in arrays:
            raise InputError(f"{path}: lacks the array '{name}'; it needs 'images' and 'labels'")
    images, values = arrays["images"], arrays["labels"]
    check_images(images, f"{path}: the array 'images'")
    if values.shape != images.shape[:1]:
        raise InputError(
            f"{path}: the array 'labels' should have one label for each of {len(images)} images, "
            f"is {list(values.shape)}"
        )
    if values.dtype.kind not in "iuU":
        raise InputError(
            f"{path}: the array 'labels' should hold integers or text, holds {values.dtype}"
        )
    classes, labels = np.unique(values, return_inverse=True)
    return images, labels.astype(np.uint16), tuple(str(name) for name in classes)


def _from_folders(path: Path) -> tuple[Bytes, Labels, tuple[str, ...]]:
    if not path.is_dir():
        raise InputError(f"{PARAMS}: images.data.path: {path} is neither a folder nor an .npz file")
    folders = sorted(folder for folder in path.iterdir() if folder.is_dir())
    files = [(file, k) for k, folder in enumerate(folders) for file in sorted(folder.glob("*.png"))]
    if not files:
        raise InputError(
            f"{PARAMS}: images.data.path: {path} has no folders of PNGs, and no {ARCHIVE}"
        )
    images = [_pixels(file) for file, _ in files]
    for (file, _), pixels in zip(files, images, strict=True):
        if pixels.shape != images[0].shape:
            raise InputError(
                f"{file}: is {_size(pixels)}, but {files[0][0]} is {_size(images[0])}; all images "
                "should have one size"
            )
    stacked = np.stack(images)
    check_images(stacked, f"{path}: its images")
    labels = np.array([k for _, k in files], dtype=np.uint16)
    return stacked, labels, tuple(folder.name for folder in folders)


def _pixels(file: Path) -> Bytes:
    try:
        with Image.open(file) as image:
            if image.mode not in GREY:
                raise InputError(
                    f"{file}: should be grey with 8 bits (mode L), is of mode {image.mode}"
                )
            return np.asarray(image.convert("L"))
    except (OSError, UnidentifiedImageError, SyntaxError) as error:
        raise InputError(f"{file}: damaged, or not a PNG ({error})") from None


def _size(pixels: Array) -> str:
    height, width = pixels.shape
    return f"{width} x {height}"


def _check_classes(labels: Labels, classes: tuple[str, ...], path: Path) -> None:
    if len(classes) < 2:
        raise InputError(f"{path}: has one class only, '{classes[0]}'; two or more are needed")
    counts = np.bincount(labels, minlength=len(classes))
    if counts.min() < LEAST:
        few = int(counts.argmin())
        raise InputError(
            f"{path}: the class '{classes[few]}' should have {LEAST} images or more, has "
            f"{counts[few]}"
        )
