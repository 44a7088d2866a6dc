"""A track's section of the report page.

A track makes it in `reporting/page.py`, from the files of the current folder:

    def page() -> Section:
        arrays = read_arrays(Path("data/toy/evaluated/line.npz"))
        scripts = [asset(__package__, "toy.js")]
        html, x = asset(__package__, "section.html"), packing.stepped(arrays["x"])
        return Section(TITLE, html, scripts, {"x": x})

and `assets/toy.js` starts it once the whole page is there:

    sections.toy = async (data, maps) => { ... };

Only what `evaluate` and the figures wrote is read: no network, no weights, no torch. A track
without the module gets a table of its measures. Each track's scripts have names of their own and
see the page's (`unpackNumbers`, `element`, `Chart`, `player`, ...); what fails in one leaves the
others be.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

SLOT = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True)
class Section:
    """title: in the navigation and as heading; html: what stands below the heading; scripts: the
    texts of its scripts, of which the last puts `sections.NAME = async (data, page) => {...}`;
    data: for the scripts, anything that JSON can hold."""

    title: str
    html: str
    scripts: Sequence[str] = ()
    data: Mapping[str, Any] = field(default_factory=dict)


def fill(template: str, parts: Mapping[str, str]) -> str:
    """The template with each `{{name}}` replaced, once: what a part holds is never looked into."""
    return SLOT.sub(lambda slot: parts[slot[1]], template)


def asset(package: str, name: str) -> str:
    """The text of a file in the folder `assets` of a package."""
    return (files(package) / "assets" / name).read_text(encoding="utf-8")
