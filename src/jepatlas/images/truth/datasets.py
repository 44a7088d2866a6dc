"""Where the images come from: the original files of MNIST, or scikit-learn's digits.

The files of MNIST, in the IDX format: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of
handwritten digits". The digits are the test part of E. Alpaydin and C. Kaynak, "Optical Recognition
of Handwritten Digits" (UCI, 1998): 8 x 8 with values from 0 to 16.
"""

import gzip
import hashlib
import math
import os
import sys
import textwrap
import zlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import zoom
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from jepatlas.common.base.parameters import InputError
from jepatlas.images.truth.download import Unavailable, download
from jepatlas.images.truth.parameters import Data
from jepatlas.images.truth.world import SIDE, Bytes, Images, check_images, check_labels

VARIABLE = "JEPATLAS_MNIST"  # of the environment: a folder with the files of MNIST
RAW = Path("data/raw/mnist")  # where they are otherwise looked for, and downloaded to

# MD5 of the content, decompressed: it is the same however a copy is packed.
CHECKSUMS = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
WIDTH = 76  # columns of the warning, without its frame
GZIP = b"\x1f\x8b"  # how a gzip file begins
UNSIGNED_BYTE = 8  # the IDX code of the type

BOX = 20  # MNIST's digits fill a box of 20 x 20 amid 28 x 28
DIGITS_TEST = 500  # of the 1,797 digits

WARNING = """\
MNIST IS MISSING: THESE ARE NOT ITS RESULTS
scikit-learn's 1,797 digits take its place.
Every number and picture of the images track will be from them.
To have MNIST, put its four files into {raw},
or name their folder in {variable}; then: dvc repro --force images_data
To be told by an error instead: images.data.fallback: null"""


def load(data: Data) -> Images:
    """The images that params.yaml asks for, from the first source that has them.

    MNIST is taken from the folder that `JEPATLAS_MNIST` names, else from `data/raw/mnist`, where
    what is missing is downloaded. Raises `InputError` when a file is missing from the former,
    damaged in either, or nowhere to be had and no fallback is allowed.
    """
    if data.set == "digits":
        return digits()
    folder = os.environ.get(VARIABLE)
    if folder:
        return from_folder(Path(folder))
    try:
        return from_raw(data.mirrors)
    except Unavailable as reason:
        if data.fallback is None:
            raise InputError(
                f"images.data: no copy of MNIST in {RAW} or on a mirror ({reason}), "
                "and images.data.fallback is null"
            ) from None
        text = f"{WARNING.format(raw=RAW, variable=VARIABLE)}\nNo mirror helped: {reason}"
        print(framed(text), file=sys.stderr)
        return digits()


def from_folder(folder: Path) -> Images:
    """MNIST from a folder with its four files, as they are or with .gz; else an `InputError`."""
    if not folder.is_dir():
        raise InputError(f"{VARIABLE}: {folder} is not a folder")
    contents = {}
    for name in CHECKSUMS:
        path = find(folder, name)
        if path is None:
            raise InputError(f"{VARIABLE}: {folder} has neither {name} nor {name}.gz")
        contents[name] = verified(path, name)
    return parse(contents)


def from_raw(mirrors: Sequence[str]) -> Images:
    """MNIST from `data/raw/mnist`, where missing files are downloaded to.

    Raises `InputError` when a file there is damaged, `Unavailable` when a missing one is on no
    mirror.
    """
    found = {name: find(RAW, name) for name in CHECKSUMS}
    contents = {}
    for name, path in found.items():
        if path:
            try:
                contents[name] = verified(path, name)
            except InputError as error:
                raise InputError(f"{error}; delete it to have it downloaded again") from None
    for name in (name for name, path in found.items() if path is None):
        path = RAW / f"{name}.gz"
        download(path, mirrors, partial(verified, name=name))
        contents[name] = verified(path, name)
    return parse(contents)


def find(folder: Path, name: str) -> Path | None:
    """The file of that name in the folder, decompressed or with .gz."""
    candidates = (folder / name, folder / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)


def verified(path: Path, name: str) -> bytes:
    """The content of a file, decompressed; an `InputError` unless it is that of MNIST's `name`."""
    try:
        content = path.read_bytes()
        if content.startswith(GZIP):
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: damaged, or cannot be read ({error})") from None
    checksum = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if checksum != CHECKSUMS[name]:
        raise InputError(
            f"{path}: damaged, or not MNIST's {name}: the MD5 of its content should be "
            f"{CHECKSUMS[name]}, is {checksum}"
        )
    return content


def parse(contents: dict[str, bytes]) -> Images:
    """The images in the contents of the four files, by their names."""
    images, labels = {}, {}
    for part in ("train", "t10k"):
        name = f"{part}-images-idx3-ubyte"
        images[part] = idx(contents[name], name, axes=3)
        check_images(images[part], name)
        name = f"{part}-labels-idx1-ubyte"
        labels[part] = idx(contents[name], name, axes=1)
        check_labels(labels[part], name)
    return Images("mnist", images["train"], labels["train"], images["t10k"], labels["t10k"])


def idx(content: bytes, name: str, axes: int) -> Bytes:
    """The array of unsigned bytes, with that many axes, in a file of the IDX format.

    The format: two zeros, the code of the type, the number of axes; the size of each axis, 4 bytes,
    most significant first; the values. Raises `InputError` when `content` has something else.
    """
    header = 4 + 4 * axes
    magic = bytes([0, 0, UNSIGNED_BYTE, axes])
    if len(content) < header or content[:4] != magic:
        raise InputError(
            f"{name}: an IDX file of bytes with {axes} axes should begin with {magic.hex()} and "
            f"{axes} sizes; begins with {content[:4].hex() or 'nothing'}, has {len(content)} bytes"
        )
    shape = [int(size) for size in np.frombuffer(content, ">u4", axes, offset=4)]
    if len(content) - header != math.prod(shape):
        raise InputError(
            f"{name}: the header says {shape}, {math.prod(shape)} values; "
            f"{len(content) - header} follow"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def digits() -> Images:
    """scikit-learn's digits as MNIST has its own: 1,297 to train with and 500 to test with."""
    found = load_digits()
    images, labels = like_mnist(found.images), found.target.astype(np.uint8)
    # Every digit has its share in both parts; always the same parts, as MNIST's are.
    train, test = train_test_split(
        np.arange(len(labels)), test_size=DIGITS_TEST, random_state=0, stratify=labels
    )
    return Images("digits", images[train], labels[train], images[test], labels[test])


def like_mnist(small: npt.NDArray[Any]) -> Bytes:
    """`[n, 8, 8]` with values from 0 to 16 as `[n, 28, 28]` with values from 0 to 255."""
    scale = BOX / small.shape[1]
    # Cubic; pixels are areas, so that the edges of the box stay where they are; zeros outside.
    large = zoom(small, (1, scale, scale), order=3, mode="grid-constant", grid_mode=True)
    grey = np.rint(np.clip(large * (255 / 16), 0, 255)).astype(np.uint8)
    margin = (SIDE - BOX) // 2
    return np.pad(grey, ((0, 0), (margin, margin), (margin, margin)))


def framed(text: str) -> str:
    """The text inside a frame of stars, for a terminal of 80 columns."""
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, WIDTH)]
    edge = "*" * (max(map(len, lines)) + 4)
    return "\n".join([edge, *(f"* {line.ljust(len(edge) - 4)} *" for line in lines), edge])
