"""Four small files in the shape of MNIST's, with what is in them."""

import dataclasses
import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest

from jepatlas.images.truth.sets import PUBLISHED

TRAIN, TEST = 12, 5


def arrays() -> dict[str, np.ndarray]:
    """Noise, which gzip cannot make smaller, and labels that count up."""
    draw = np.random.default_rng(0)
    return {
        "train-images-idx3-ubyte": draw.integers(0, 256, (TRAIN, 28, 28), np.uint8),
        "train-labels-idx1-ubyte": np.arange(TRAIN, dtype=np.uint8) % 10,
        "t10k-images-idx3-ubyte": draw.integers(0, 256, (TEST, 28, 28), np.uint8),
        "t10k-labels-idx1-ubyte": 9 - np.arange(TEST, dtype=np.uint8),
    }


def packed(array: np.ndarray) -> bytes:
    """An array of bytes in the IDX format."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def contents() -> dict[str, bytes]:
    return {name: packed(array) for name, array in arrays().items()}


def zipped() -> dict[str, bytes]:
    """The four .gz files."""
    return {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in contents().items()}


def put(folder: Path, *names: str) -> Path:
    """Write the .gz files of these names, all when none is given, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in zipped().items():
        if not names or name.removesuffix(".gz") in names:
            (folder / name).write_bytes(content)
    return folder


def expect(monkeypatch: pytest.MonkeyPatch, *mirrors: str, data_set: str = "mnist") -> None:
    """Let the checksums of a set be those of the small files, and these its mirrors."""
    packed = PUBLISHED[data_set].packed
    made = {name.removesuffix(".gz"): c for name, c in (zipped() if packed else contents()).items()}
    sums = {name: hashlib.md5(content).hexdigest() for name, content in made.items()}
    small = dataclasses.replace(PUBLISHED[data_set], checksums=sums, mirrors=mirrors)
    monkeypatch.setitem(PUBLISHED, data_set, small)
    monkeypatch.delenv(f"JEPATLAS_{data_set.upper()}", raising=False)
