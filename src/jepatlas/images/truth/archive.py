"""Images of one's own in an `.npz`: `images`, `labels`, and which of them are test images."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import read_arrays
from jepatlas.images.truth.found import Found, counted
from jepatlas.images.truth.world import Labels, check_images

KNOWN = ("images", "labels", "split")  # the last may be missing

Array = npt.NDArray[Any]


def from_archive(path: Path) -> Found:
    """The images of an `.npz`; what cannot be used is an `InputError` that names the array."""
    arrays = read_arrays(path)
    for name in KNOWN[:2]:
        if name not in arrays:
            raise InputError(f"{path}: lacks the array '{name}'; it needs 'images' and 'labels'")
    for name in arrays:
        if name not in KNOWN:
            raise InputError(f"{path}: unknown array '{name}'; it takes {', '.join(KNOWN)}")
    images = arrays["images"]
    check_images(images, f"{path}: the array 'images'")
    for name, thing in (("labels", "label"), ("split", "word")):
        if name in arrays and arrays[name].shape != images.shape[:1]:
            raise InputError(
                f"{path}: the array '{name}' should have one {thing} for each of {len(images)} "
                f"images, is {list(arrays[name].shape)}"
            )
    labels, classes = _classes(arrays["labels"], path)
    return Found(
        images, labels, classes, _tested(arrays["split"], path) if "split" in arrays else None
    )


def _classes(values: Array, path: Path) -> tuple[Labels, tuple[str, ...]]:
    """The labels as counts of the classes, and the names of these."""
    if values.dtype.kind not in "iuU":
        raise InputError(
            f"{path}: the array 'labels' should hold integers or text, holds {values.dtype}"
        )
    found, places = np.unique(values, return_inverse=True)
    order = list(range(len(found)))
    if values.dtype.kind == "U":
        order.sort(key=lambda k: counted(str(found[k])))
    labels = np.argsort(order)[places].astype(np.uint16)
    return labels, tuple(str(found[k]) for k in order)


def _tested(split: Array, path: Path) -> npt.NDArray[np.bool_]:
    """Which images are test images, by 'train' or 'test' for each."""
    for word in np.unique(split):
        if word not in ("train", "test"):
            raise InputError(
                f"{path}: the array 'split' should hold 'train' or 'test', has {word!s}"
            )
    return np.asarray(split == "test")
