"""Validate the methods' and the decoders' blocks of params.yaml, each by its own module, and what
goes together."""

from typing import Any

from jepatlas.common.base.parameters import Arithmetic, scalar, section
from jepatlas.images.learning.decoding import Decoding
from jepatlas.images.learning.machine import check_precision
from jepatlas.images.learning.method import load


def check(block: Any) -> None:
    """block: the track's `Parameters`. Raises `InputError` for the first thing that is wrong."""
    for name in block.methods:
        load(name)
    section("images.decoder", Decoding)
    check_precision(scalar("arithmetic", Arithmetic), block.precision)
