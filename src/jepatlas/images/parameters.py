"""The blocks of params.yaml that the images track reads."""

from typing import Annotated, Any, Literal

from pydantic import Field

from jepatlas.common.parameters import Section

Precision = Literal["auto", "float32", "bfloat16"]
Snapshots = Annotated[int, Field(ge=2)]  # states of the encoder kept from training
Mirror = Annotated[str, Field(pattern=r"^https?://[^\s/]+")]


class Data(Section):
    """set: the images to learn from; fallback: what takes the place of MNIST where no copy is to
    be had, null for an error; mirrors: folders on the web with its four .gz files, in the order to
    try them."""

    set: Literal["mnist", "digits"]
    fallback: Literal["digits"] | None
    mirrors: tuple[Mirror, ...]


class Images(Section):
    """The whole block `images`; methods and decoder are validated where their classes are.

    precision: of the arithmetic of networks, `auto`: bfloat16 where the machine has it.
    """

    data: Data
    snapshots: Snapshots
    precision: Precision
    methods: Annotated[dict[str, Any], Field(min_length=1)]
    decoder: dict[str, Any]
