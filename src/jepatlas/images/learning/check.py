"""Validate the methods' and the decoders' blocks of params.yaml, each by its own module."""

from typing import Any

from jepatlas.common.base.parameters import section
from jepatlas.images.learning.decoding import Decoding
from jepatlas.images.learning.method import load


def check(block: Any) -> None:
    """block: the track's `Parameters`. Raises `InputError` for the first thing that is wrong."""
    for name in block.methods:
        load(name)
    section("images.decoder", Decoding)
