"""A track's section of the report page.

A track makes it in `reporting/page.py`, from the files of the current folder:

    def page() -> Section:
        arrays = read_arrays(Path("data/toy/evaluated/line.npz"))
        scripts = [asset(__package__, "toy.js")]
        html, x = asset(__package__, "section.html"), packing.stepped(arrays["x"])
        return Section(TITLE, html, scripts, {"x": x})

and `assets/toy.js` starts it once the whole page is there:

    sections.toy = async (data, maps, later, last) => { ... };

What of it can wait is told to `later`, as a function; what else can wait even where an address
wants something of the page, as hardly anything moves when it comes, to `last`.

Only what `evaluate` and the figures wrote is read: no network, no weights, no torch. A track
without the module gets a table of its measures. Each track's scripts have names of their own and
see the page's (`unpackNumbers`, `element`, `Chart`, `player`, ...); what fails in one leaves the
others be.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import ANEW
from jepatlas.common.base.tracks import title
from jepatlas.common.measuring.measures import Measures
from jepatlas.common.reporting.packing import base64_of
from jepatlas.common.reporting.tables import known

STILL = 1000  # pixels that a still picture is wide at most
SLOT = re.compile(r"\{\{(\w+)\}\}")


class Step(NamedTuple):
    """A step of the guided story: what is said, the id of what it is about, and what the page
    shows meanwhile, as the part of an address after `?` that the section's scripts read with
    `link`."""

    title: str
    text: str
    place: str
    shows: str


@dataclass(frozen=True)
class Section:
    """title: in the navigation and as heading; html: what stands below the heading; scripts: the
    texts of its scripts, of which the last puts `sections.NAME = async (data, page) => {...}`;
    data: for the scripts, anything that JSON can hold; names: its methods' as people write them;
    still: a picture, from `still`, for those who have JavaScript off; story: its steps of the
    guided one."""

    title: str
    html: str
    scripts: Sequence[str] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    still: str = ""
    story: Sequence[Step] = ()


def fill(template: str, parts: Mapping[str, str]) -> str:
    """The template with each `{{name}}` replaced, once: what a part holds is never looked into."""
    return SLOT.sub(lambda slot: parts[slot[1]], template)


def asset(package: str, name: str) -> str:
    """The text of a file in the folder `assets` of a package."""
    return (files(package) / "assets" / name).read_text(encoding="utf-8")


def still(path: Path) -> str:
    """A picture of the pipeline as a small `data:` address."""
    try:
        with Image.open(path) as file:
            picture = file.convert("RGB")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; `dvc repro` makes it") from None
    except (OSError, SyntaxError) as error:  # the latter for a PNG that is broken inside
        raise InputError(f"{path}: damaged, or not a picture ({error}); {ANEW}") from None
    picture.thumbnail((STILL, 10 * STILL))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=70)
    return f"data:image/webp;base64,{base64_of(buffer.getvalue())}"


def measures(track: str, names: Mapping[str, str]) -> str:
    """A table of all that was measured in a track: a row for each measure, which a link names by
    `TRACK-MEASURE`; a column for each method and reference, by its name in `names` if it has one.
    """
    found = Measures.read(track)
    methods = found.methods
    heads = ["measure", *(names.get(method, method) for method in methods)]
    rows = []
    for name in dict.fromkeys(name for _, name in found.rows):
        numbers = "".join(f"<td>{known(found, method, name)}</td>" for method in methods)
        place = escape(f"{track}-{name}")
        rows.append(f'<tr id="{place}"><th scope="row">{escape(name)}</th>{numbers}</tr>')
    return scrolled(f"Measures of {title(track)}", heads, rows)


def scrolled(name: str, heads: Sequence[str], rows: Sequence[str], kind: str = "") -> str:
    """A table of the page, which scrolls in a frame of its own and can be saved under its name.

    heads: of the columns, as text; rows: as HTML; kind: how it looks beside what all have.
    """
    said, body = escape(name), "\n".join(rows)
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in heads)
    return (
        f'  <div data-table="{said}"><div class="{f"measures {kind}".strip()}" tabindex="0" '
        f'role="region" aria-label="{said}"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div></div>\n"
    )


def folded(table: str) -> str:
    """The measures below a section that shows the most of them."""
    summary = "<summary>All that was measured</summary>"
    return f'  <details class="all">{summary}\n{table}  </details>\n'
