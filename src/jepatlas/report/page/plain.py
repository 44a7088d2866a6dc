"""The section of a track that makes none of its own: a table of what was measured."""

from html import escape

from jepatlas.common.base.tracks import title
from jepatlas.common.measuring.measures import Measures
from jepatlas.common.reporting.page import Section
from jepatlas.common.reporting.tables import interval


def section(track: str) -> Section:
    """A row for each measure, a column for each method and reference."""
    measures = Measures.read(track)
    methods, names = measures.methods, list(dict.fromkeys(name for _, name in measures.rows))
    head = "".join(f'<th scope="col">{escape(method)}</th>' for method in ["measure", *methods])
    body = "\n".join(_row(measures, name, methods) for name in names)
    table = f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
    return Section(title(track), f'  <div class="measures">{table}</div>\n')


def _row(measures: Measures, name: str, methods: list[str]) -> str:
    cells = (
        interval(measures.get(method, name)) if measures.has(method, name) else ""
        for method in methods
    )
    numbers = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row">{escape(name)}</th>{numbers}</tr>'
