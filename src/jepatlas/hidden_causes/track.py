"""The track of hidden causes: its name for readers, and the whole of its block in params.yaml."""

from typing import Annotated, Any

from pydantic import Field

from jepatlas.common.base.parameters import Count, Section, Snapshots
from jepatlas.hidden_causes.truth.parameters import Evaluation, Worlds

TITLE = "Hidden causes"


class Parameters(Section):
    """The whole block; the methods are validated one by one, each by its own module."""

    seeds: Count
    snapshots: Snapshots
    worlds: Worlds
    methods: Annotated[dict[str, Any], Field(min_length=1)]
    evaluation: Evaluation
