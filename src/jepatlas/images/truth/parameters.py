"""The block of params.yaml that says which images there are."""

from typing import Annotated, Literal

from pydantic import Field

from jepatlas.common.base.parameters import Section
from jepatlas.images.truth.sets import Name


class Data(Section):
    """set: the images to learn from; path: a folder, or an .npz, with images of one's own or with
    the files of a published set; fallback: what takes the place of a published set where no copy is
    to be had, null for an error."""

    set: Name
    path: Annotated[str, Field(min_length=1)]
    fallback: Literal["digits"] | None
