"""`make verify`: is what lies here after `make repro` what is committed?

    python tools/verify.py [--all]

Every measure of every track (`plots/TRACK/tables/measures.csv`) is either

- the same bytes;
- the same within rounding: no number of its row differs by more than a unit of the sixth digit;
- within the interval: its mean lies in the committed 95 % interval over seeds;
- different;
- not compared: its parameters or its data are others than the committed ones, which is said.

The claims' verdicts are compared too. The exit status is 1 if anything is different, 2 if there is
nothing to compare, because stages are out of date here.
"""

import csv
import io
import math
import os
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import PARAMS, InputError
from jepatlas.common.base.yaml_file import parse

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ("metrics", "plots")
CODE = ("src", "stages", "dvc.yaml")
CLAIMS = "plots/claims.csv"
MEASURES, DATA_SET = "tables/measures.csv", "tables/data_set.csv"
ROUNDING = 1.001e-5  # of a row's largest number: numbers are written with six digits
SHOWN = 10  # lines of a list, unless all are asked for

SAME, ROUNDED, INTERVAL, DIFFERENT, OTHER = VERDICTS = (
    "same bytes",
    "within rounding",
    "within interval",
    "different",
    "not compared",
)
Files = Mapping[str, bytes]
Row = tuple[str, ...]  # mean, ci95, min, max, as they are written


@dataclass(frozen=True)
class Compared:
    """One measure, or one claim, as it is committed and as it is here; `off`: how far the means lie
    apart, in half widths of the committed interval."""

    track: str
    name: str
    committed: Row
    here: Row
    verdict: str
    off: float

    def __str__(self) -> str:
        return (
            f"{self.track} {self.name}: {_said(self.committed)} committed, {_said(self.here)} here"
        )


def _said(row: Row) -> str:
    """The mean and its interval, or the verdict."""
    if not row:
        return "nothing"
    return row[0] if len(row) == 1 or not row[1] else f"{row[0]} ± {row[1]}"


# What is compared


def committed() -> dict[str, bytes]:
    """Results and parameters of the last commit, by name."""
    names = [*RESULTS, str(PARAMS)]
    done = subprocess.run(["git", "archive", "HEAD", *names], capture_output=True, check=False)
    if done.returncode:
        raise InputError(f"git: {' '.join(done.stderr.decode().split())}")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        files = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        return {name: file.read() for name, file in files.items() if file}


def lying_here(names: Sequence[str]) -> dict[str, bytes]:
    """The same files as they are here, those that are not left out."""
    return {name: Path(name).read_bytes() for name in names if Path(name).is_file()}


def rows(files: Files, name: str, key: Sequence[str], columns: Sequence[str]) -> dict[str, Row]:
    """Some columns of a table, by the words of its key; empty where there is no such table."""
    try:
        text = files.get(name, b"").decode("utf-8")
        return {
            " ".join(row[part] for part in key): tuple(row[column] for column in columns)
            for row in csv.DictReader(io.StringIO(text), strict=True)
        }
    except (KeyError, UnicodeDecodeError, csv.Error):
        raise InputError(f"{name}: not a table of {', '.join([*key, *columns])}") from None


# How it is compared


def verdict(old: Row, new: Row) -> str:
    """Of one row of numbers."""
    if old == new:
        return SAME
    if not old or not new:
        return DIFFERENT
    a, b = ([float(text or "nan") for text in row] for row in (old, new))
    largest = max((abs(number) for number in a if math.isfinite(number)), default=0.0)
    if all(_equal(x, y, ROUNDING * largest) for x, y in zip(a, b, strict=True)):
        return ROUNDED
    return INTERVAL if abs(a[0] - b[0]) <= a[1] else DIFFERENT


def _equal(x: float, y: float, tolerance: float) -> bool:
    return abs(x - y) <= tolerance or (math.isnan(x) and math.isnan(y))


def _off(old: Row, new: Row) -> float:
    try:
        mean, half, found = float(old[0]), float(old[1]), float(new[0])
    except (IndexError, ValueError):
        return math.inf
    return abs(mean - found) / half if half > 0 else (0.0 if mean == found else math.inf)


def measures(track: str, old: Files, new: Files, others: set[str]) -> Iterator[Compared]:
    """Each measure of a track; others: the methods that have other parameters here, or all as
    `*`."""
    name, columns = f"plots/{track}/{MEASURES}", ("mean", "ci95", "min", "max")
    before, after = (rows(files, name, ("method", "measure"), columns) for files in (old, new))
    for key in before | after:
        a, b = before.get(key, ()), after.get(key, ())
        left_out = a != b and not others.isdisjoint({"*", key.partition(" ")[0]})
        yield Compared(track, key, a, b, OTHER if left_out else verdict(a, b), _off(a, b))


def claims(old: Files, new: Files, others: Mapping[str, set[str]]) -> Iterator[Compared]:
    """Each claim's verdict; one of a track in which anything has other parameters, or one over all
    tracks, is not held against the committed one."""
    before, after = (rows(files, CLAIMS, ("id",), ("track", "verdict")) for files in (old, new))
    for key in before | after:
        a, b = before.get(key, ()), after.get(key, ())
        track = (a or b)[0]
        touched = others[track] if track in others else set().union(*others.values())
        found = SAME if a == b else OTHER if touched else DIFFERENT
        yield Compared("claim", key, a[1:], b[1:], found, math.inf)


# Why it differs


def changed_parameters(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, str]:
    """Each dotted key whose value is another here, with both values."""
    before, after = dict(_leaves(old)), dict(_leaves(new))
    absent = "nothing"
    return {
        key: f"{before.get(key, absent)} committed, {after.get(key, absent)} here"
        for key in before | after
        if before.get(key, absent) != after.get(key, absent)
    }


def _leaves(content: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(content, Mapping) and content:
        for name, item in content.items():
            yield from _leaves(item, f"{key}.{name}" if key else str(name))
    else:
        yield key, content


def affected(track: str, changed: Sequence[str], data_sets: Sequence[str]) -> set[str]:
    """The methods of a track that cannot be compared; `*` where it is all of them.

    changed: dotted keys; data_sets: the tracks that learned from other data.
    """
    found = {"*"} if "seed" in changed or track in data_sets else set()
    for key in changed:
        first, _, rest = key.partition(".")
        if first == track:
            block, _, inner = rest.partition(".")
            found.add(inner.partition(".")[0] if block == "methods" else "*")
    return found


def data_sets(tracks: Sequence[str], old: Files, new: Files) -> dict[str, str]:
    """What each track learned from, where that is another here."""
    found = {}
    for track in tracks:
        name = f"plots/{track}/{DATA_SET}"
        a, b = (next(iter(rows(files, name, ("name",), ())), "nothing") for files in (old, new))
        if a != b:
            found[track] = f"learned from {b} here, from {a} in what is committed"
    return found


def code() -> list[str]:
    """The files of the code that are not as they are committed."""
    command = ["git", "status", "--porcelain", "--", *CODE]
    return [line[3:] for line in subprocess.check_output(command, text=True).splitlines()]


def machine(params: Mapping[str, Any]) -> Iterator[str]:
    """What of this machine changes numbers: a sentence each."""
    from jepatlas.common.learning import device  # imports torch

    target = device.choose(params["device"], params["arithmetic"])
    if target.type != "cpu":
        yield f"device: {target.type} here; the committed results were computed on a CPU"
    automatic = [
        key for key, value in _leaves(params) if key.endswith(".precision") and value == "auto"
    ]
    if device.has_bfloat16(target) and params["arithmetic"] == "fast":
        yield from (f"{key}: auto computes in bfloat16 on this machine" for key in automatic)


# The summary


def summary(found: Sequence[Compared], others: Sequence[str], limit: int | None) -> Iterator[str]:
    """A line for each track with the number of measures of each verdict, then those that differ
    most; others: names of all other files that are not the same bytes."""
    counts: dict[str, Counter[str]] = {}
    for one in found:
        counts.setdefault(one.track, Counter())[one.verdict] += 1
    yield "".join(f"{word:>17}" for word in ("", *VERDICTS))
    for track, counted in counts.items():
        yield f"{track:>17}" + "".join(f"{counted[word] or '-':>17}" for word in VERDICTS)
    for word in (DIFFERENT, INTERVAL, ROUNDED, OTHER):
        ones = sorted((one for one in found if one.verdict == word), key=lambda one: -one.off)
        if ones and (word == DIFFERENT or limit is None):
            yield from ("", f"{word}:", *_some([f"  {one}" for one in ones], limit))
    if others:
        lines = [f"  {name}" for name in others]
        yield from ("", "files that are not the same bytes:", *_some(lines, limit))


def _some(lines: Sequence[str], limit: int | None) -> Iterator[str]:
    yield from lines[:limit]
    if limit is not None and len(lines) > limit:
        yield f"  ... and {len(lines) - limit} more: make verify ARGS=--all"


def conclusion(found: Sequence[Compared]) -> str:
    counted = Counter(one.verdict for one in found)
    compared = len(found) - counted[OTHER]
    left_out = f"; {counted[OTHER]} were not compared" if counted[OTHER] else ""
    if counted[DIFFERENT]:
        return f"Not reproduced: {counted[DIFFERENT]} of {compared} are different{left_out}."
    if counted[SAME] == compared:
        return f"Reproduced: all {compared} to the last digit{left_out}."
    return f"Reproduced: none of {compared} beyond rounding or its interval{left_out}."


def out_of_date() -> list[str]:
    """The stages that DVC would run: their results here are not those of this machine."""
    from dvc.repo import Repo

    with Repo() as repo:
        return sorted(repo.status())


def main(*arguments: str) -> None:
    if arguments not in ((), ("--all",)):
        raise InputError(f"usage: python tools/verify.py [--all], not {' '.join(arguments)}")
    old = committed()
    if stale := out_of_date():
        names = ", ".join(stale[:3]) + (", ..." if len(stale) > 3 else "")
        raise InputError(f"{len(stale)} stages are out of date here ({names}); run make repro")
    sys.exit(verify(old, lying_here(list(old)), None if arguments else SHOWN))


def verify(old: Files, new: Files, limit: int | None) -> int:
    """Print the summary of what is committed (`old`) and what is here; the exit status."""
    params, theirs = (parse(files[str(PARAMS)], PARAMS) for files in (new, old))
    tracks = [key for key in theirs if f"plots/{key}/{MEASURES}" in old]
    changed = changed_parameters(theirs, params)
    sets = data_sets(tracks, old, new)
    others = {track: affected(track, list(changed), list(sets)) for track in tracks}
    found = [one for track in tracks for one in measures(track, old, new, others[track])]
    found += claims(old, new, others)
    listed = {f"plots/{track}/{MEASURES}" for track in tracks} | {CLAIMS, str(PARAMS)}
    files = [name for name in old if name not in listed and old[name] != new.get(name)]
    print("\n".join(summary(found, files, limit)))
    why = [f"{track}: {said}" for track, said in sets.items()]
    why += _some([f"{key}: {said}" for key, said in changed.items()], limit)
    if any(one.verdict != SAME for one in found):
        edited = code()
        why += _some([f"code: {name} is not as it is committed" for name in edited], limit)
        why += machine(params)
    if why:
        print(
            "\n".join(["", "what differs from the committed run:", *(f"  {line}" for line in why)])
        )
    print(f"\n{conclusion(found)}")
    return int(any(one.verdict == DIFFERENT for one in found))


if __name__ == "__main__":
    os.chdir(ROOT)
    stage.run(main, *sys.argv[1:])
