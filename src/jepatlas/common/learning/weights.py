"""Tensors on disk: safetensors, which hold numbers only and execute nothing on load.

The format has no checksum, and a flipped bit would be measured unnoticed. So the metadata of a file
hold the SHA-256 of what is in it.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import ANEW, write


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    packed = {name: tensor.contiguous() for name, tensor in tensors.items()}
    content = save(packed, metadata={"sha256": _digest(packed)})
    write(path, lambda temporary: temporary.write_bytes(content))


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Every tensor of a file by its name, in their order, on the CPU; a missing or damaged file is
    an `InputError`."""
    try:
        content = path.read_bytes()
        tensors = dict(sorted(load(content).items()))  # which has them in any order
        if _metadata(content).get("sha256") != _digest(tensors):
            raise ValueError("its contents are not those of its SHA-256")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `dvc repro` makes it") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(f"{path}: damaged, or not a safetensors file ({error}); {ANEW}") from None
    return tensors


def _digest(tensors: Mapping[str, Tensor]) -> str:
    """The SHA-256 of names, types, shapes and numbers."""
    found = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        found.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        found.update(tensor.cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def _metadata(content: bytes) -> dict[str, str]:
    """Of a file that could be loaded: 8 bytes with the header's length, the header in JSON."""
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    metadata: dict[str, str] = header.get("__metadata__", {})
    return metadata
