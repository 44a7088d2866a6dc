"""The section of a track that makes none of its own: a table of what was measured."""

from jepatlas.common.base.tracks import title
from jepatlas.common.reporting.page import Section, measures


def section(track: str) -> Section:
    """A row for each measure, a column for each method and reference."""
    return Section(title(track), measures(track, {}))
