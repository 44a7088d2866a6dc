"""The claims as rows of a table, readable without the page's script."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Any

from jepatlas.common.base.tracks import title
from jepatlas.common.reporting.rules import DOCUMENT, HOLDS, Source, by_source

BETWEEN = re.compile(r"; (?![^()]*\))")  # two conditions, not what a bound's meaning has
VERDICTS = {
    "holds": "holds",
    "holds in part": "in-part",
    "undecided": "undecided",
    "does not hold": "fails",
    "not tested": "untested",
}
SIGNS = {
    "holds": "✓",
    "holds in part": "◐",
    "undecided": "?",
    "does not hold": "✗",
    "not tested": "○",
}


Names = Mapping[str, Mapping[str, str]]  # of the methods of each track, as people write them


def rows(claims: Sequence[Mapping[str, Any]], names: Names) -> str:
    """The body of the table."""
    return "\n".join(_row(claim, names.get(str(claim["track"]), {})) for claim in claims)


def counted(claims: Collection[Mapping[str, Any]]) -> str:
    """How many claims each source makes, and how many of these hold."""
    return "; ".join(
        f"{len(found)} claims of {_link(source)}, of which "
        f"{sum(claim['verdict'] == HOLDS for claim in found)} hold"
        for source, found in by_source(claims).items()
    )


def _link(source: Source) -> str:
    if source == DOCUMENT:
        return "the document"
    address = escape(source.address)
    return f'<a href="{address}" rel="noreferrer">{escape(source.name)}</a>'


def _row(claim: Mapping[str, Any], names: Mapping[str, str]) -> str:
    verdict, track = str(claim["verdict"]), str(claim["track"])
    reason = str(claim.get("reason") or "")
    why = f'<p class="reason">{escape(named(reason, names))}</p>' if reason else ""
    conditions = filter(None, BETWEEN.split(str(claim["test"] or "")))
    test = "".join(f"<li>{escape(named(condition, names))}</li>" for condition in conditions)
    return (
        f'<tr id="claim-{escape(str(claim["id"]))}" data-verdict="{escape(verdict)}" '
        f'data-track="{escape(track)}">'
        f'<td class="claim"><p>{escape(str(claim["claim"]))}</p>'
        f'<p class="section">{escape(_place(claim))}</p>{_recipe(claim)}</td>'
        f'<td data-name="Track"><a href="#{escape(track)}">{escape(title(track))}</a></td>'
        f'<td class="test" data-name="Test"><ul>{test}</ul></td>'
        f'<td class="value" data-name="Measured">{_measured(claim, names)}</td>'
        f'<td class="verdict {VERDICTS.get(verdict, "untested")}">'
        f'<p><span aria-hidden="true">{SIGNS.get(verdict, "")}</span> {escape(verdict)}</p>'
        f"{why}</td></tr>"
    )


def _place(claim: Mapping[str, Any]) -> str:
    """Where a claim is made: in which section, and of what where it is not the document."""
    return ": ".join(filter(None, [claim.get("source") or "", str(claim["section"])]))


def _recipe(claim: Mapping[str, Any]) -> str:
    recipe = str(claim.get("recipe") or "")
    return f'<p class="section">Recipe: {escape(recipe)}</p>' if recipe else ""


def _measured(claim: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """The number that decides, as a link to the row of the table of measures where it stands."""
    if not claim["value"]:
        return ""
    place = escape(f"{claim['track']}-{claim['key']}")
    return (
        f'<a href="#{place}">{escape(str(claim["value"]))}</a>'
        f'<p class="section">{escape(named(str(claim["measured"]), names))}</p>'
    )


def named(text: str, names: Mapping[str, str]) -> str:
    """The text with each method called as everywhere on the page, not as in params.yaml."""
    if not names:
        return text
    longest_first = sorted(names, key=len, reverse=True)
    known = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, longest_first))})(?!\w)")
    return known.sub(lambda found: names[found[1]], text)


def filters(claims: Sequence[Mapping[str, Any]]) -> str:
    """A button per verdict that occurs and one per track, with their counts."""
    verdicts = Counter(str(claim["verdict"]) for claim in claims)
    tracks = Counter(str(claim["track"]) for claim in claims)
    signed = {verdict: f"{SIGNS[verdict]} {verdict}" for verdict in VERDICTS}
    return _buttons("verdict", signed, verdicts) + _buttons(
        "track", {track: title(track) for track in tracks}, tracks
    )


def _buttons(kind: str, names: Mapping[str, str], counts: Mapping[str, int]) -> str:
    buttons = [
        f'<button type="button" class="chip" data-filter="{kind}" data-value="{escape(key)}" '
        f'aria-pressed="false">{escape(name)} <span class="count">{counts[key]}</span></button>'
        for key, name in names.items()
        if counts[key]
    ]
    return f'<div class="chips" role="group" aria-label="By {kind}">{"".join(buttons)}</div>'
