"""Where torch computes, by which kernels, and how its memory behaves there."""

import ctypes
import os
import sys

import torch

from jepatlas.common.base.parameters import PARAMS, Arithmetic, Device, InputError, scalar

# mallopt's numbers in glibc's malloc.h
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEEP_BELOW = 1 << 30


def asked() -> torch.device:
    """The device that params.yaml asks for, with its arithmetic."""
    return choose(scalar("device", Device), scalar("arithmetic", Arithmetic))


def choose(name: Device, arithmetic: Arithmetic) -> torch.device:
    """The device that a name stands for here, made ready; where portable, that is the CPU. CUDA
    asked for but absent, or where portable, is an `InputError`.

    What stages/__init__.py pins leaves one difference between processors with AVX2: MKL's products
    of matrices take other ways on AMD than on Intel. They take the same in MKL's mode for every
    processor, at some 2.5 times the time. MKL reads the variable at its first product.
    """
    portable = arithmetic == "portable"
    if name == "cuda" and portable:
        raise InputError(f"{PARAMS}: device: is 'cuda', but arithmetic is 'portable': on the CPU")
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError(f"{PARAMS}: device: is 'cuda', but torch finds no CUDA device here")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() and not portable else "cpu"
    if portable:
        os.environ["MKL_CBWR"] = "COMPATIBLE"
    _keep_freed_memory()
    return torch.device(name)


def has_bfloat16(device: torch.device) -> bool:
    """Whether the device computes in bfloat16 by instructions of its own, and not by imitation."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    found = torch.cpu.get_capabilities()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16") or found.get("sve_bf16"))


def _keep_freed_memory() -> None:
    """Have glibc keep what is freed, up to 1 GB, instead of returning it to the system.

    A training step frees and takes the same few megabytes over and over. glibc's default hands
    blocks of that size back, and fetching them again, page by page, costs a quarter of the step.
    Other C libraries are left alone.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _KEEP_BELOW)
        mallopt(_M_TRIM_THRESHOLD, _KEEP_BELOW)
