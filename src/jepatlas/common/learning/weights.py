"""Tensors on disk: safetensors, which hold numbers only and execute nothing on load."""

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import write


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    packed = {name: tensor.contiguous() for name, tensor in tensors.items()}
    write(path, lambda temporary: temporary.write_bytes(save(packed)))


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Every tensor of a file by its name, in their order, on the CPU; a missing or damaged file is
    an `InputError`."""
    try:
        return dict(sorted(load(path.read_bytes()).items()))  # which has them in any order
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `dvc repro` makes it") from None
    except (SafetensorError, OSError) as error:
        raise InputError(f"{path}: damaged, or not a safetensors file ({error})") from None
