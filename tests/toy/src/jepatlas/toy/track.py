"""The toy track: its name for readers, and the whole of its block in params.yaml."""

from typing import Any

from jepatlas.common.base.parameters import Count, Positive, Section

TITLE = "Toy world"


class Parameters(Section):
    """slope: of the ray; members: networks per method."""

    slope: Positive
    members: Count
    methods: dict[str, Any]
