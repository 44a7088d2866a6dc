"""Data sets in four files of the IDX format: found, checked and read."""

import gzip
import hashlib
import math
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jepatlas.common.base.parameters import InputError
from jepatlas.images.truth.sets import Published
from jepatlas.images.truth.world import Bytes, Images

GZIP = b"\x1f\x8b"  # how a gzip file begins
UNSIGNED_BYTE = 8  # the IDX code of the type


def find(folder: Path, name: str) -> Path | None:
    """The file of that name in the folder, decompressed or with .gz."""
    candidates = (folder / name, folder / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)


def verified(path: Path, name: str, source: Published) -> bytes:
    """The content of a file, decompressed; an `InputError` unless it is the source's `name`."""
    try:
        packed = path.read_bytes()
        content = gzip.decompress(packed) if packed.startswith(GZIP) else packed
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: damaged, or cannot be read ({error})") from None
    known = source.checksums[name]
    checked = packed if source.packed else content
    checksum = hashlib.md5(checked, usedforsecurity=False).hexdigest()
    if checksum != known:
        of = "the file, packed as it was published," if source.packed else "its content"
        raise InputError(
            f"{path}: damaged, or not {source.title}'s {name}: the MD5 of {of} should be "
            f"{known}, is {checksum}"
        )
    return content


def parse(contents: Mapping[str, bytes], data_set: str, source: Published) -> Images:
    """The images in the contents of the four files, by their names."""
    found: dict[str, npt.NDArray[Any]] = {}
    for part, kind in (("train", "train"), ("t10k", "test")):
        images, labels = f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte"
        found[kind] = array(contents[images], images, axes=3)
        found[f"{kind}_labels"] = array(contents[labels], labels, axes=1).astype(np.uint16)
    return Images(data_set, source.title, source.classes, **found)


def array(content: bytes, name: str, axes: int) -> Bytes:
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
