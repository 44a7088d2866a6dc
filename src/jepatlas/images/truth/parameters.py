"""The block of params.yaml that says which images there are."""

from typing import Annotated, Literal

from pydantic import Field

from jepatlas.common.base.parameters import Section

Mirror = Annotated[str, Field(pattern=r"^https?://[^\s/]+")]


class Data(Section):
    """set: the images to learn from; fallback: what takes the place of MNIST where no copy is to
    be had, null for an error; mirrors: folders on the web with its four .gz files, in the order to
    try them."""

    set: Literal["mnist", "digits"]
    fallback: Literal["digits"] | None
    mirrors: tuple[Mirror, ...]
