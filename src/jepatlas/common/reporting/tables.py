"""Tables of the documents: what README.md and docs/*.md show of a track's measures, as Markdown.

A track offers them in `reporting/tables.py`, by the names of their places in the documents:

    def tables() -> dict[str, str]:
        methods, measures = measured("toy")
        rows = ([f"`{name}`", interval(measures.get(name, "error"))] for name in methods)
        return {"toy errors": markdown(["method", "error"], rows)}

A document has the place `<!-- table: toy errors -->` ... `<!-- end -->`, and `tools/docs.py` fills
it. Every table has one place among all documents; a track without tables needs no such module.
"""

import math
from collections.abc import Iterable, Sequence

from jepatlas.common.base.parameters import InputError, value
from jepatlas.common.measuring.measures import Measure, Measures

SMALL = 0.002  # what is smaller is written in scientific notation


def measured(track: str) -> tuple[list[str], Measures]:
    """The methods of a track in the order of params.yaml, and its measures; an `InputError` where
    one of the methods has none yet."""
    methods, measures = list(value(f"{track}.methods")), Measures.read(track)
    for name in methods:
        if name not in measures.methods:
            raise InputError(f"{measures.path}: has nothing of {name}")
    return methods, measures


def markdown(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; bars and ends of lines inside a cell, which would end it, are made harmless."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def interval(measure: Measure, digits: int = 3) -> str:
    """Mean and half width of the 95 % interval, which one member alone leaves unknown."""
    if math.isnan(measure.mean):
        return "undefined"
    layout = f".{digits}f" if abs(measure.mean) >= SMALL or measure.ci95 == 0 else ".1e"
    if math.isnan(measure.ci95):
        return f"{measure.mean:{layout}}"
    return f"{measure.mean:{layout}} ± {measure.ci95:{layout}}"


def known(measures: Measures, method: str, name: str) -> str:
    """The interval of a measure of a method, nothing where it is not taken of that one."""
    return interval(measures.get(method, name)) if measures.has(method, name) else ""


def scatter(measure: Measure, digits: int = 2) -> str:
    """Mean, least and greatest of the members."""
    if math.isnan(measure.mean):
        return "undefined"
    low, high = f"{measure.min:.{digits}f}", f"{measure.max:.{digits}f}"
    return f"{measure.mean:.{digits}f} ({low} to {high})"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")
