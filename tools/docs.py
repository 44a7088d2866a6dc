"""Write the tables of measured results into README.md and docs/: `python tools/docs.py`.

A table's place is `<!-- table: NAME -->` ... `<!-- end -->`. Each has one among all documents. With
`--check` nothing is written, and a document whose tables differ from what was measured is an error.
"""

import os
import re
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import write
from jepatlas.report.tables import tables

ROOT = Path(__file__).resolve().parent.parent
PLACE = re.compile(
    r"(?P<start><!-- table: (?P<name>[^\n]+?) -->\n)(?:(?!<!-- table:).)*?(?P<end><!-- end -->)",
    re.DOTALL,
)


def documents() -> dict[Path, str]:
    """The texts of the documents in the current folder."""
    files = [Path("README.md"), *sorted(Path("docs").glob("*.md"))]
    return {file: file.read_text(encoding="utf-8") for file in files}


def filled(texts: Mapping[Path, str], found: Mapping[str, str]) -> dict[Path, str]:
    """The documents with each table in its place; found: the tables by name."""
    places = [
        (place["name"], file) for file, text in texts.items() for place in PLACE.finditer(text)
    ]
    for name, file in places:
        if name not in found:
            raise InputError(f"{file}: has a place for the table '{name}', which no track offers")
    for name in found:
        files = [str(file) for known, file in places if known == name]
        if len(files) != 1:
            where = f" ({', '.join(files)})" if files else ""
            raise InputError(
                f"README.md, docs/: should have one place for the table '{name}', have "
                f"{len(files)}{where}"
            )

    def table(place: re.Match[str]) -> str:
        return f"{place['start']}\n{found[place['name']]}\n\n{place['end']}"

    return {file: PLACE.sub(table, text) for file, text in texts.items()}


def main(*arguments: str) -> None:
    if arguments not in ((), ("--check",)):
        raise InputError(f"usage: python tools/docs.py [--check], not {' '.join(arguments)}")
    try:
        found = tables()
    except InputError as error:
        raise InputError(f"{error}; run make repro") from None
    old = documents()
    differ = {file: text for file, text in filled(old, found).items() if text != old[file]}
    if arguments and differ:
        names = ", ".join(map(str, differ))
        raise InputError(f"{names}: tables differ from what was measured; run python tools/docs.py")
    for file, text in differ.items():
        write(file, partial(Path.write_text, data=text, encoding="utf-8"))


if __name__ == "__main__":
    os.chdir(ROOT)
    stage.run(main, *sys.argv[1:])
