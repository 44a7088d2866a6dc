"""The section of a track that makes none of its own: a table of what was measured."""

from html import escape

from jepatlas.common.base.parameters import value
from jepatlas.common.base.storage import read_json
from jepatlas.common.base.tracks import title
from jepatlas.common.measuring.measures import METRICS
from jepatlas.common.reporting.page import Section


def section(track: str) -> Section:
    """The headline numbers of each method of the track."""
    found = {
        name: _flat(read_json(METRICS / track / f"{name}.json")[name])
        for name in value(f"{track}.methods")
    }
    columns = list(dict.fromkeys(key for numbers in found.values() for key in numbers))
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in ["method", *columns])
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{numbers.get(key, '')}</td>" for key in columns)
        + "</tr>"
        for name, numbers in found.items()
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>\n"
    return Section(title(track), table)


def _flat(numbers: object, prefix: str = "") -> dict[str, object]:
    if not isinstance(numbers, dict):
        return {prefix.rstrip("."): numbers}
    inner = [_flat(item, f"{prefix}{key}.") for key, item in numbers.items()]
    return {key: number for part in inner for key, number in part.items()}
