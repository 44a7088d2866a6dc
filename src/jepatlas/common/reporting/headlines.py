"""The handful of numbers of each method that a track's section begins with.

    found = Measures.read("toy")
    headlines("Errors", {"line": "Line"}, {"error, exact is 0": one_of(found, "error")})

A column is asked for each method, and says None of what has no such number.
"""

from collections.abc import Callable, Iterable, Mapping
from html import escape

from jepatlas.common.measuring.measures import Measure, Measures
from jepatlas.common.reporting.page import scrolled
from jepatlas.common.reporting.tables import interval

Column = Callable[[str], Measure | None]


def headlines(title: str, names: Mapping[str, str], columns: Mapping[str, Column]) -> str:
    """A small table: a row for each method, by what it is called in `names`; columns, by their
    headings. What would be empty in whole, row, column or table, is left out."""
    known = {name: {head: of(name) for head, of in columns.items()} for name in names}
    heads = [head for head in columns if any(found[head] for found in known.values())]
    rows = [
        f'<tr><th scope="row">{escape(names[name])}</th>'
        + "".join(f"<td>{interval(one) if (one := found[head]) else ''}</td>" for head in heads)
        + "</tr>"
        for name, found in known.items()
        if any(found.values())
    ]
    return scrolled(title, [title, *heads], rows, "headlines") if rows else ""


def one_of(measures: Measures, name: str) -> Column:
    """The measure of this name."""
    return lambda method: measures.get(method, name) if measures.has(method, name) else None


def lowest_of(measures: Measures, prefix: str) -> Column:
    """Of the measures `PREFIX.*` the one whose mean is lowest."""
    return lambda method: min(_below(measures, method, prefix), key=_mean, default=None)


def highest_of(measures: Measures, prefix: str) -> Column:
    """Of the measures `PREFIX.*` the one whose mean is highest."""
    return lambda method: max(_below(measures, method, prefix), key=_mean, default=None)


def _below(measures: Measures, method: str, prefix: str) -> Iterable[Measure]:
    names = (f"{prefix}.{last}" for last in measures.below(method, prefix))
    return [measures.get(method, name) for name in names if measures.has(method, name)]


def _mean(measure: Measure) -> float:
    return measure.mean
