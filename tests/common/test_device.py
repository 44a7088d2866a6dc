"""Which device a name stands for, and glibc's settings."""

import ctypes
import os
import sys

import pytest
import torch

from jepatlas.common.base.parameters import InputError
from jepatlas.common.learning import device


@pytest.mark.parametrize(
    ("name", "available", "expected"),
    [
        ("cpu", False, "cpu"),
        ("cpu", True, "cpu"),
        ("auto", False, "cpu"),
        ("auto", True, "cuda"),
        ("cuda", True, "cuda"),
    ],
)
def test_choice(monkeypatch, name, available, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert device.choose(name, "fast") == torch.device(expected)


@pytest.mark.parametrize(
    ("arithmetic", "available", "message"),
    [
        ("fast", False, "but torch finds no CUDA device here"),
        ("portable", True, "but arithmetic is 'portable': on the CPU"),
    ],
)
def test_cuda_asked_for_in_vain(monkeypatch, arithmetic, available, message):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    with pytest.raises(InputError) as caught:
        device.choose("cuda", arithmetic)
    assert str(caught.value) == f"params.yaml: device: is 'cuda', {message}"


@pytest.mark.parametrize("name", ["auto", "cpu"])
def test_where_portable_it_is_the_cpu_with_kernels_for_every_processor(monkeypatch, name):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("MKL_CBWR", "AVX2")
    assert device.choose(name, "portable") == torch.device("cpu")
    assert os.environ["MKL_CBWR"] == "COMPATIBLE"


@pytest.mark.parametrize(
    ("found", "expected"),
    [({}, False), ({"avx512_bf16": False}, False), ({"avx512_bf16": True}, True),
     ({"amx_bf16": True}, True), ({"avx512_f": True}, False)],
)  # fmt: skip
def test_bfloat16_needs_instructions_of_its_own(monkeypatch, found, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)
    assert device.has_bfloat16(torch.device("cpu")) is expected


class Library:
    """Stands in for the C library that ctypes.CDLL(None) finds."""


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("has_mallopt", [True, False])
def test_memory_is_tuned_where_glibc_is_and_nowhere_else(monkeypatch, platform, has_mallopt):
    calls = []
    library = Library()
    if has_mallopt:
        library.mallopt = lambda *arguments: calls.append(arguments)
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    monkeypatch.setattr(sys, "platform", platform)
    assert device.choose("cpu", "fast") == torch.device("cpu")
    # M_MMAP_THRESHOLD is -3 and M_TRIM_THRESHOLD -1 in glibc's malloc.h.
    tuned = {(-3, 2**30), (-1, 2**30)}
    assert set(calls) == (tuned if has_mallopt and platform == "linux" else set())
