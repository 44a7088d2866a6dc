"""One document out of the shell, the tracks' sections, the claims and the parameters."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
import vl_convert

from jepatlas.common.base import tracks
from jepatlas.common.base.parameters import PARAMS, Note, scalar
from jepatlas.common.reporting import packing
from jepatlas.common.reporting.page import Section, asset, fill
from jepatlas.report import document
from jepatlas.report.claims import read
from jepatlas.report.page import claims, plain

# What all sections share, in the order in which they need each other.
SCRIPT = re.compile(r"<script[^>]*>(.*?)</script>", re.DOTALL)
SCRIPTS = ("unpack", "theme", "address", "colours", "player", "take", "charts", "claims", "story")


LAST = {
    "title": "What of the document holds",
    "text": "All that the document claims, each claim decided by a rule over measured intervals. "
    "These do not hold: press another verdict to see the others, or a number to see where it "
    "was measured.",
    "address": "claims?verdict=does not hold",
}


def sections() -> dict[str, Section]:
    """Every track's section, in the order of params.yaml; a track that makes none of its own gets
    a table of its measures."""
    found = {}
    for track in tracks.in_order():
        module = tracks.module(track, "reporting.page")
        found[track] = module.page() if module else plain.section(track)
    return found


def page() -> str:
    """The page as text, from the files of the current folder."""
    rows = read()
    note = scalar("note", Note)
    return assembled(sections(), rows, note, PARAMS.read_text(encoding="utf-8"))


def assembled(
    found: Mapping[str, Section], rows: Sequence[Mapping[str, Any]], note: str | None, params: str
) -> str:
    """The page of these sections and claims; note: a line at its top; params: of params.yaml."""
    shared = "\n".join(asset(__package__, f"scripts/{name}.js") for name in SCRIPTS)
    titles = [section.title for section in found.values()]
    data = {name: dict(section.data) for name, section in found.items() if section.scripts}
    scripts = {
        "library": script(_library(), "module"),
        "shared": script(shared),
        "scripts": "\n".join(enclosed(section.scripts) for section in found.values()),
        "start": script(asset(__package__, "scripts/start.js"), "module"),
    }
    return fill(
        asset(__package__, "template.html"),
        {
            **scripts,
            "allowed": allowed(scripts.values()),
            "style": asset(__package__, "style.css"),
            "note": f'<p class="note">{escape(note)}</p>' if note else "",
            "links": "\n".join(
                f'      <li><a href="#{name}">{escape(section.title)}</a></li>'
                for name, section in found.items()
            ),
            "titles": escape(listed(titles)),
            "description": escape(
                f"Contrastive learning, score matching and JEPA in small worlds whose truth is "
                f"known: {listed(titles)}. Landscapes to drag, training to step through, claims "
                f"decided."
            ),
            "papers": links(document.PAPERS),
            "sections": "\n".join(shell(name, section) for name, section in found.items()),
            "document": escape(document.TITLE),
            "document_is": escape(document.IS),
            "document_sources": links(document.SOURCES),
            "claims_counted": claims.counted(rows),
            "claims_filters": claims.filters(rows),
            "claims_rows": claims.rows(rows, {name: one.names for name, one in found.items()}),
            "params": escape(params),
            "story_hidden": "" if story(found) else " hidden",
            "data": packing.json_of(
                {"sections": data, "maps": colour_maps(), "story": story(found)}
            ),
        },
    )


def story(found: Mapping[str, Section]) -> list[dict[str, str]]:
    """The steps of all sections in their order, and what of the document holds at the end."""
    steps = [
        {"title": step.title, "text": step.text, "address": f"{step.place}?{step.shows}"}
        for section in found.values()
        for step in section.story
    ]
    return [*steps, LAST] if steps else []


def shell(name: str, section: Section) -> str:
    """A section with its heading, and for those without JavaScript its still picture."""
    still = ""
    if section.still:
        words = escape(f"{section.title}: a still picture")
        still = f'<noscript><img class="still" src="{section.still}" alt="{words}"></noscript>\n'
    return (
        f'<section id="{name}" aria-labelledby="{name}-title">\n'
        f'  <h2 id="{name}-title">{escape(section.title)}</h2>\n{still}{section.html}</section>\n'
    )


def script(text: str, type: str = "") -> str:
    """An element that runs the text. A module runs after all others, when the page is whole."""
    assert "</script" not in text.lower()
    kind = f' type="{type}"' if type else ""
    return f"<script{kind}>\n{text}\n</script>"


def allowed(elements: Iterable[str]) -> str:
    """These scripts for a content security policy, by their hashes: a browser runs no other."""
    texts = [text for one in elements for text in SCRIPT.findall(one)]
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{packing.base64_of(digest)}'" for digest in digests)


def enclosed(scripts: Sequence[str]) -> str:
    """A section's scripts as an element of their own, so that even a mistake of spelling in them
    stops no other section, and within a function, so that their names are theirs alone."""
    if not scripts:
        return ""
    return script("\n".join(['(() => {\n"use strict";', *scripts, "})();"]))


def links(papers: Mapping[str, str]) -> str:
    """Papers by what they are called, and where they are."""
    return ", ".join(
        f'<a href="{escape(address)}" rel="noreferrer">{escape(name)}</a>'
        for name, address in papers.items()
    )


def listed(names: Sequence[str]) -> str:
    """`a, b and c`, with small first letters, but of abbreviations."""
    small = [name if name[1:2].isupper() else name[:1].lower() + name[1:] for name in names]
    return " and ".join([", ".join(small[:-1]), small[-1]] if len(small) > 1 else small)


def colour_maps() -> dict[str, str]:
    """256 colours of each map of an energy, as bytes red, green, blue."""
    tables = {
        name: mpl.colormaps[name](np.arange(256), bytes=True) for name in ("viridis", "magma")
    }
    return {name: packing.base64_of(table[:, :3].tobytes()) for name, table in tables.items()}


@cache
def _library() -> str:
    """Vega, Vega-Lite and vega-embed, which come with Altair's companion vl-convert."""
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle
