"""Every table of the documents: the tracks', then the claims."""

from collections.abc import Mapping, Sequence

from jepatlas.common.base import tracks
from jepatlas.common.base.parameters import InputError
from jepatlas.common.reporting.rules import HOLDS, by_source, counts
from jepatlas.common.reporting.tables import markdown
from jepatlas.report import document
from jepatlas.report.claims import data_sets, read


def tables() -> dict[str, str]:
    """The Markdown of each table by its name, from the files of the current folder."""
    found: dict[str, str] = {}
    for track in tracks.in_order():
        module = tracks.module(track, "reporting.tables")
        offered = module.tables() if module else {}
        for name in found.keys() & offered.keys():
            raise InputError(f"{track}: another track offers a table '{name}' too")
        found |= offered
    return found | {"claims": claims(read(), data_sets())}


def claims(rows: Sequence[Mapping[str, str]], sets: Mapping[str, str]) -> str:
    """What the document is, the verdicts counted for each source, then a table for each track.

    rows: of plots/claims.csv; sets: by track, what it learned from.
    """
    of = (f" {tracks.title(track)}: the data set is `{name}`." for track, name in sets.items())
    counted = [
        f"{len(found)} claims of {f'[{name}]({address})' if name else 'the document'}: "
        f"{', '.join(f'{count} {verdict}' for verdict, count in counts(found).items())}."
        for (name, address), found in by_source(rows).items()
    ]
    parts = [document.in_markdown(), f"{' '.join(counted)}{''.join(of)}"]
    for track in dict.fromkeys(row["track"] for row in rows):
        found = [_row(row) for row in rows if row["track"] == track]
        parts.append(markdown([tracks.title(track), "number", "recipe", "verdict", "why"], found))
    return "\n\n".join(parts)


def _row(claim: Mapping[str, str]) -> list[str]:
    """Where a claim does not hold, the reason has what was needed."""
    number = f"{claim['measured']}: {claim['value']}" if claim["value"] else ""
    if claim["verdict"] == HOLDS:
        number += f" ({claim['needed']})"
    return [claim["claim"], number, claim["recipe"], claim["verdict"], claim["reason"]]
