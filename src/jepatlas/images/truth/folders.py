"""Images of one's own as PNGs, a folder for each class."""

from pathlib import Path

import numpy as np
from PIL import Image

from jepatlas.common.base.parameters import PARAMS, InputError
from jepatlas.images.truth.found import Found, counted
from jepatlas.images.truth.world import LARGEST, SMALLEST, Bytes, check_images

GREY = ("L", "1")  # Pillow's modes of eight bits and of one


def from_folders(path: Path) -> Found:
    """The images in the folders of a folder; what cannot be used is an `InputError` that names the
    file."""
    if not path.is_dir():
        raise InputError(f"{PARAMS}: images.data.path: {path} is neither a folder nor an .npz file")
    folders = class_folders(path)
    for file in _visible(path):
        if file.suffix.lower() == ".png" and file.is_file():
            raise InputError(f"{file}: should lie in the folder of its class")
    files = [(file, k) for k, folder in enumerate(folders) for file in _pictures(folder)]
    if not files:
        raise InputError(
            f"{PARAMS}: images.data.path: {path} has no folders of PNGs, and no images.npz"
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


def class_folders(path: Path) -> list[Path]:
    """The folders of a folder, each of them of a class."""
    return [entry for entry in _visible(path) if entry.is_dir()]


def _visible(folder: Path) -> list[Path]:
    """What is in a folder, by name, but for what systems and editors hide in it."""
    entries = (entry for entry in folder.iterdir() if not entry.name.startswith("."))
    return sorted(entries, key=lambda entry: counted(entry.name))


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


def _size(pixels: Bytes) -> str:
    height, width = pixels.shape
    return f"{width} x {height}"
