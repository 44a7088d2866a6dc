"""The claims of the document as rows of a table, readable without the page's script."""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from jepatlas.common.base.tracks import title

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


def rows(claims: Sequence[Mapping[str, Any]]) -> str:
    """The body of the table."""
    return "\n".join(_row(claim) for claim in claims)


def _row(claim: Mapping[str, Any]) -> str:
    verdict, track = str(claim["verdict"]), str(claim["track"])
    reason = str(claim.get("reason") or "")
    why = f'<p class="reason">{escape(reason)}</p>' if reason else ""
    return (
        f'<tr id="claim-{escape(str(claim["id"]))}" data-verdict="{escape(verdict)}" '
        f'data-track="{escape(track)}">'
        f'<td class="claim"><p>{escape(str(claim["claim"]))}</p>'
        f'<p class="section">{escape(str(claim["section"]))}</p></td>'
        f'<td data-name="Track">{escape(title(track))}</td>'
        f'<td class="test" data-name="Test">{escape(str(claim["test"]))}</td>'
        f'<td class="value" data-name="Measured">{escape(str(claim["value"]))}</td>'
        f'<td class="verdict {VERDICTS.get(verdict, "untested")}">'
        f'<p><span aria-hidden="true">{SIGNS.get(verdict, "")}</span> {escape(verdict)}</p>'
        f"{why}</td></tr>"
    )


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
        f'aria-pressed="true">{escape(name)} <span class="count">{counts[key]}</span></button>'
        for key, name in names.items()
        if counts[key]
    ]
    return f'<div class="chips" role="group" aria-label="By {kind}">{"".join(buttons)}</div>'
