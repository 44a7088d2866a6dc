"""Checkpoints of long training: keyed by what made them, written whole, checked when read."""

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from jepatlas.common.base.storage import write

FOLDER = Path("data/checkpoints")
_DIGEST = hashlib.sha256().digest_size


@dataclass(frozen=True)
class Checkpoint:
    """A file of named tensors: their SHA-256, then safetensors.

    The digest finds what the format does not: a changed bit would go on training unnoticed.
    """

    path: Path

    def save(self, tensors: Mapping[str, Tensor]) -> None:
        content = save(dict(tensors))
        digest = hashlib.sha256(content).digest()
        write(self.path, lambda temporary: temporary.write_bytes(digest + content))

    def load(self) -> dict[str, Tensor] | None:
        """What was saved; None when there is nothing.

        A damaged file is renamed to `*.damaged`, with a warning, and counts as nothing.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return None
        digest, content = content[:_DIGEST], content[_DIGEST:]
        try:
            if hashlib.sha256(content).digest() != digest:
                raise ValueError
            return load(content)
        except (ValueError, SafetensorError):
            aside = self.path.with_suffix(".damaged")
            self.path.replace(aside)
            message = f"{self.path} is damaged; set aside as {aside.name}, training starts over"
            print(f"warning: {message}", file=sys.stderr)
            return None


def checkpoint_for(
    name: str, parameters: Any, arrays: Mapping[str, npt.NDArray[Any]]
) -> Checkpoint:
    """The checkpoint of a training that is called `name`: another one for other `parameters`
    (anything with a faithful repr), other data, other code or another torch."""
    key = hashlib.sha256()
    key.update(repr(parameters).encode())
    for label, array in sorted(arrays.items()):
        key.update(f"{label} {array.dtype} {array.shape}".encode())
        key.update(np.ascontiguousarray(array).tobytes())
    for file in _loaded_sources():
        key.update(file.read_bytes())
    key.update(torch.__version__.encode())
    return Checkpoint(FOLDER / f"{name}-{key.hexdigest()[:16]}.checkpoint")


def forget(name: str) -> None:
    """Remove the checkpoints of the training that is called `name`, once its result is written."""
    for file in FOLDER.glob(f"{name}-*.checkpoint"):
        file.unlink(missing_ok=True)


def _loaded_sources() -> list[Path]:
    """The files of the project's modules that this process has imported."""
    package = __name__.partition(".")[0]
    loaded = {
        name: module.__file__
        for name, module in sys.modules.items()
        if name.partition(".")[0] == package and getattr(module, "__file__", None)
    }
    return [Path(file) for _, file in sorted(loaded.items()) if file]
