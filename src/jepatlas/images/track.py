"""The images track: its name for readers, and the whole of its block in params.yaml."""

from typing import Annotated, Any

from pydantic import Field

from jepatlas.common.base.parameters import Count, Section, Snapshots
from jepatlas.images.learning.parameters import Precision
from jepatlas.images.truth.parameters import Data

TITLE = "Images"


class Parameters(Section):
    """The whole block `images`; methods and decoder are validated where their classes are.

    members: networks per method, each with a seed of its own;
    precision: of the arithmetic of networks, `auto`: bfloat16 where the machine has it.
    """

    data: Data
    members: Count
    snapshots: Snapshots
    precision: Precision
    methods: Annotated[dict[str, Any], Field(min_length=1)]
    decoder: dict[str, Any]
