"""A card for each method: its objective's formula and paper, one sentence, and what it resembles.

A track writes its sentences in `reporting/cards.py`, for its own methods:

    CARDS = {"vicreg": Card(objectives.VICREG, "Views agree, ...", "Like Barlow Twins, ...")}

A method that is not among them has no card.
"""

from collections.abc import Mapping
from html import escape
from typing import NamedTuple

from jepatlas.common.reporting.objectives import Objective


class Card(NamedTuple):
    """sentence: what the objective asks for; kin: what it is like, and in what it differs."""

    objective: Objective
    sentence: str
    kin: str


def cards(names: Mapping[str, str], known: Mapping[str, Card]) -> str:
    """Those of the methods that have one, folded; names: what these are called, by name."""
    found = [_card(label, known[name]) for name, label in names.items() if name in known]
    if not found:
        return ""
    return (
        '  <details class="cards"><summary>The objectives, in a formula and a sentence each'
        f"</summary>\n  <div>\n{''.join(found)}  </div></details>\n"
    )


def _card(label: str, card: Card) -> str:
    return (
        f"    <article><h3>{escape(label)}</h3>\n"
        f'    <p class="formula">{card.objective.formula}</p>\n'
        f"    <p>{escape(card.sentence)} {escape(card.kin)}</p>\n"
        f'    <p class="hint"><a href="{escape(card.objective.address)}" rel="noreferrer">'
        f"{escape(card.objective.paper)}</a></p></article>\n"
    )
