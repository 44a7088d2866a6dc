"""Every claim of the document and of other sources, decided by what was measured.

Each track states its claims, with their rules, in its own `reporting/claims.py`. The words are
shortened, the order is kept, and what is said twice is one claim. Bounds stand in capital letters
with their reasons; "learned" is everywhere 95 % of what can be known.
"""

from pathlib import Path
from typing import Any

from jepatlas.common.base import tracks
from jepatlas.common.base.parameters import value
from jepatlas.common.base.storage import read_csv
from jepatlas.common.reporting.rules import COLUMNS, Claim, Evidence, judge

TABLE = Path("plots/claims.csv")  # the rows of `decided`


def gathered() -> list[Claim]:
    """The claims of all tracks that state some, in the order of params.yaml."""
    modules = (tracks.module(track, "reporting.claims") for track in tracks.in_order())
    return [claim for module in modules if module for claim in module.claims()]


def data_sets() -> dict[str, str]:
    """By track, the set that it learned from, where it has a choice and claims depend on it."""
    return _where_offered("data_set")


def evidence() -> Evidence:
    """What was measured, in every track; its table is read once a claim asks for it, unless the
    track's claims have a `measures` of their own."""
    methods = {track: list(value(f"{track}.methods")) for track in tracks.in_order()}
    return Evidence(methods, data_sets(), _where_offered("measures"))


def _where_offered(function: str) -> dict[str, Any]:
    """By track, what a function of its claims' module returns, where it has that."""
    modules = {track: tracks.module(track, "reporting.claims") for track in tracks.in_order()}
    return {
        track: getattr(module, function)()
        for track, module in modules.items()
        if module and hasattr(module, function)
    }


def decided() -> list[dict[str, str]]:
    """A row for each claim: what it says, its test, the number that decides, and the verdict."""
    found = evidence()
    return [judge(claim, found) for claim in gathered()]


def read() -> list[dict[str, str]]:
    """These rows, from the file of the current folder."""
    rows = read_csv(TABLE, texts=COLUMNS).to_dict("records")
    return [{str(key): str(text) for key, text in row.items()} for row in rows]
