"""`make verify`: is what lies here after `make repro` what is committed?

    python tools/verify.py [--all]

Every measure of every track (`plots/TRACK/tables/measures.csv`) and every number that DVC is told
(`metrics`) is either

- the same bytes;
- the same within rounding: no number of its row differs by more than a unit of its own sixth digit,
  that of the smaller of the two, or else both are noise about zero, less than 2^-23 of the largest
  number of the row;
- within the interval: its mean lies within a half width of the committed one (see `Held`);
- different;
- not compared: its parameters or its data are others than the committed ones, or one training that
  took another way here is all that it is of, without an interval. Which it is, is said.

The claims' verdicts are compared too. Of all files in git, and of DVC's other outputs by what
dvc.lock says of them, it is counted which are the same bytes. The exit status is 1 if any number
or verdict is different, 2 if there is nothing to compare, because stages are out of date here.
"""

import csv
import io
import json
import math
import os
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import stdev
from typing import Any

from scipy import special

from jepatlas import mending
from jepatlas.common.base import stage
from jepatlas.common.base.parameters import PARAMS, InputError
from jepatlas.common.base.tracks import module
from jepatlas.common.base.yaml_file import parse

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ("metrics", "plots", "sweeps/results")
LOCK = str(mending.LOCK)
CODE = ("src", "stages", "dvc.yaml")
CLAIMS, COUNTED = "plots/claims.csv", "metrics/claims.json"
MEASURES, DATA_SET = "tables/measures.csv", "tables/data_set.csv"
DIGITS = 6  # that numbers are written with
NOISE = 2**-23  # float32's, beside 1
SHOWN = 10  # lines of a list, unless all are asked for

SAME, ROUNDED, INTERVAL, DIFFERENT, OTHER = VERDICTS = (
    "same bytes",
    "within rounding",
    "within interval",
    "different",
    "not compared",
)
Files = Mapping[str, bytes]
Row = tuple[str, ...]  # mean, ci95, min, max, as they are written; of a metric the mean alone


@dataclass(frozen=True)
class Compared:
    """One number, or one claim, as it is committed and as it is here; `half`: the half width of the
    interval that it is held against."""

    track: str
    name: str
    committed: Row
    here: Row
    verdict: str
    half: float = 0.0

    @property
    def off(self) -> float:
        """How far the means lie apart, in half widths."""
        try:
            apart = abs(float(self.committed[0]) - float(self.here[0]))
        except (IndexError, ValueError):
            return math.inf
        return apart / self.half if self.half > 0 else (math.inf if apart else 0.0)

    def __str__(self) -> str:
        own = self.half in (0.0, _half(self.committed))
        held = "" if own else f" (held against ± {self.half:.3g})"
        return (
            f"{self.track} {self.name}: {_said(self.committed)} committed, "
            f"{_said(self.here)} here{held}"
        )


@dataclass(frozen=True)
class Held:
    """What the numbers of a track are held against, besides the committed ones.

    others: the methods that have other parameters here, or all as `*`. spreads: by how much two
    trainings from other seeds differ, of a track that has one of each method; where nothing is
    known of that, its intervals are over what it is measured on, such as test images. unlike: its
    methods whose weights are other bytes here.
    """

    others: set[str]
    spreads: Mapping[str, float]
    unlike: set[str]

    def compared(self, track: str, name: str, old: Row, new: Row, half: float) -> Compared:
        """name: of a number, and first of its method."""
        method = name.partition(" ")[0]
        found = verdict(old, new, half)
        known = half > 0 or not (old and new) or method not in self.unlike
        if found != SAME and (self.others & {"*", method} or (found == DIFFERENT and not known)):
            found = OTHER
        return Compared(track, name, old, new, found, half)

    def half(self, name: str, row: Row) -> float:
        return self.spreads.get(name, _half(row))


def _half(row: Row) -> float:
    """Of the committed interval; 0 for what is exact, or of an unknown one."""
    return float(row[1] or 0) if len(row) > 1 else 0.0


def _said(row: Row) -> str:
    """The mean and its interval, or the verdict."""
    if not row:
        return "nothing"
    return row[0] if len(row) == 1 or not row[1] else f"{row[0]} ± {row[1]}"


# What is compared


def committed() -> dict[str, bytes]:
    """Results, parameters and dvc.lock of the last commit, by name."""
    names = [*RESULTS, str(PARAMS), LOCK]
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


def numbers(files: Files, name: str) -> dict[str, Row]:
    """What DVC is told in a file of metrics, by the method and the rest of the dotted name; empty
    where there is no such file."""
    if name not in files:
        return {}
    try:
        leaves = dict(_leaves(json.loads(files[name])))
        return {key.replace(".", " ", 1): (f"{float(leaf)!r}",) for key, leaf in leaves.items()}
    except (TypeError, ValueError):
        raise InputError(f"{name}: not a file of metrics") from None


@lru_cache(maxsize=2)  # that of the last commit, and that which lies here
def outputs(lock: bytes) -> dict[str, str]:
    """What DVC's stages have made, by dvc.lock: the hash of each file or folder."""
    stages = mending.entries(lock)
    if stages is None:
        raise InputError(f"{LOCK}: damaged; run make repro")
    return {out["path"]: out["md5"] for stage in stages.values() for out in stage.get("outs", ())}


def contents(files: Files, listed: Files) -> dict[str, bytes | str | None]:
    """Each result: a file in git, those that are listed, or the hash of an output that is not."""
    found: dict[str, bytes | str | None] = {
        name: files.get(name) for name in listed if name.startswith(RESULTS)
    }
    in_git = {str(folder) for name in found for folder in (Path(name), *Path(name).parents)}
    return found | {path: md5 for path, md5 in outputs(files[LOCK]).items() if path not in in_git}


# How it is compared


def beside(old: dict[str, Row], new: dict[str, Row]) -> Iterator[tuple[str, Row, Row]]:
    """Each key of either, with what both have of it, which may be nothing."""
    for key in old | new:
        yield key, old.get(key, ()), new.get(key, ())


def verdict(old: Row, new: Row, half: float) -> str:
    """Of one row of numbers; half: the half width of the interval of its mean."""
    if old == new:
        return SAME
    if not old or not new:
        return DIFFERENT
    a, b = ([float(text or "nan") for text in row] for row in (old, new))
    noise = NOISE * max((abs(number) for number in a if math.isfinite(number)), default=0.0)
    if all(_equal(x, y, noise) for x, y in zip(a, b, strict=True)):
        return ROUNDED
    return INTERVAL if abs(a[0] - b[0]) <= half else DIFFERENT


def _equal(x: float, y: float, noise: float) -> bool:
    if x == y or (math.isnan(x) and math.isnan(y)) or max(abs(x), abs(y)) < noise:
        return True
    smaller = min(abs(x), abs(y))
    if not 0 < smaller < math.inf:
        return False
    unit = 10.0 ** (math.floor(math.log10(smaller)) - DIGITS + 1)
    return abs(x - y) <= 1.001 * unit  # which is no whole number of bits


def measures(track: str, old: Files, new: Files, held: Held) -> Iterator[Compared]:
    """Each measure of a track, then each metric, which is the mean of a measure."""
    name, columns = f"plots/{track}/{MEASURES}", ("mean", "ci95", "min", "max")
    before, after = (rows(files, name, ("method", "measure"), columns) for files in (old, new))
    for key, a, b in beside(before, after):
        yield held.compared(track, key, a, b, held.half(key, a))
    halves: dict[tuple[str, float], float] = {}  # by method and mean; the widest, where several
    for key, row in before.items():
        mean = key.partition(" ")[0], float(row[0] or "nan")
        halves[mean] = max(halves.get(mean, 0.0), held.half(key, row))
    for name in old:
        if name.startswith(f"metrics/{track}/"):
            told, telling = numbers(old, name), numbers(new, name)
            for key, a, b in beside(told, telling):
                method, _, short = key.partition(" ")
                half = halves.get((method, float(a[0])), 0.0) if a else 0.0
                yield held.compared(track, f"{method} metric {short}", a, b, half)


def spreads(track: str, old: Files) -> dict[str, float]:
    """Of each measure that a sweep over seeds has, the half width of the 95 % interval of the
    difference of two trainings, by Student's t."""
    found: dict[str, list[float]] = {}
    key = ("method", "measure", "seed")
    sweep = getattr(module(track, "reporting.claims"), "SWEEP", None)  # of several seeds
    table = f"sweeps/results/{sweep}/table.csv"
    for name, (mean,) in rows(old, table, key, ("mean",)).items():
        found.setdefault(name.rpartition(" ")[0], []).append(float(mean))
    return {
        name: math.sqrt(2) * float(special.stdtrit(len(means) - 1, 0.975)) * stdev(means)
        for name, means in found.items()
        if len(means) > 1
    }


def unlike(track: str, old: Files, new: Files) -> set[str]:
    """The methods of a track whose weights are other bytes here."""
    before, after = outputs(old[LOCK]), outputs(new[LOCK])
    trained = [path for path in before if path.startswith(f"data/{track}/trained/")]
    return {Path(path).stem for path in trained if before[path] != after.get(path)}


def claims(old: Files, new: Files, others: Mapping[str, set[str]]) -> Iterator[Compared]:
    """Each claim's verdict, and how many have which; one of a track in which anything has other
    parameters, or one over all tracks, is not held against the committed one."""
    before, after = (rows(files, CLAIMS, ("id",), ("track", "verdict")) for files in (old, new))
    for key, a, b in beside(before, after):
        track = (a or b)[0]
        touched = others[track] if track in others else set().union(*others.values())
        found = SAME if a == b else OTHER if touched else DIFFERENT
        yield Compared("claim", key, a[1:], b[1:], found)
    before, after = (numbers(files, COUNTED) for files in (old, new))
    for key, a, b in beside(before, after):
        found = SAME if a == b else OTHER if any(others.values()) else DIFFERENT
        yield Compared("claim", key, a, b, found)


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
    portable = params["arithmetic"] == "portable"
    if portable or not device.has_bfloat16(target):
        why = "arithmetic is portable" if portable else "no instructions for bfloat16"
        yield from (
            f"{key}: float32 here ({why}), bfloat16 in the committed run; trainings take other ways"
            for key in automatic
        )


def one_training(track: str, held: Held, found: Sequence[Compared]) -> Iterator[str]:
    """What the intervals of a track are of that has one training of each method."""
    ones = [one for one in found if one.track == track and one.verdict != SAME]
    if ones:
        yield (
            f"{track}: one training of each method; intervals of {len(held.spreads)} measures are "
            "between trainings from other seeds, of the others over what they are measured on"
        )
    unknown = [one for one in ones if one.verdict == OTHER and not one.half]
    if unknown and not held.others:
        names = sorted({one.name.partition(" ")[2] for one in unknown})
        yield f"{track}: no interval is known of {', '.join(names)}: not compared"


# The summary


def summary(
    found: Sequence[Compared], same: Mapping[str, bool], limit: int | None
) -> Iterator[str]:
    """A line for each track with how many numbers have each verdict, and how many files are the
    same bytes, then what differs most; same: whether each file is, by its name."""
    counts: dict[str, Counter[str]] = {}
    for one in found:
        counts.setdefault(one.track, Counter())[one.verdict] += 1
    yield "".join(f"{word:>17}" for word in ("", *VERDICTS))
    for track, counted in counts.items():
        yield f"{track:>17}" + "".join(f"{counted[word] or '-':>17}" for word in VERDICTS)
    files: dict[str, Counter[bool]] = {}
    for name, is_same in same.items():
        track = next((part for part in Path(name).parts if part in counts), "all else")
        files.setdefault(track, Counter())[is_same] += 1
    yield from ("", "".join(f"{word:>17}" for word in ("files", SAME, "other bytes")))
    for track, number in files.items():
        yield f"{track:>17}" + "".join(f"{number[one] or '-':>17}" for one in (True, False))
    for word in (DIFFERENT, INTERVAL, ROUNDED, OTHER):
        ones = sorted((one for one in found if one.verdict == word), key=lambda one: -one.off)
        if ones and (word == DIFFERENT or limit is None):
            yield from ("", f"{word}:", *_some([f"  {one}" for one in ones], limit))
    if lines := [f"  {name}" for name, is_same in same.items() if not is_same]:
        yield from ("", "files that are not the same bytes:", *_some(lines, limit))


def _some(lines: Sequence[str], limit: int | None) -> Iterator[str]:
    yield from lines[:limit]
    if limit is not None and len(lines) > limit:
        yield f"  ... and {len(lines) - limit} more: make verify ARGS=--all"


def conclusion(found: Sequence[Compared], same: Mapping[str, bool]) -> str:
    counted = Counter(one.verdict for one in found)
    compared = len(found) - counted[OTHER]
    rest = f"; {counted[OTHER]} were not compared" if counted[OTHER] else ""
    if others := sum(not is_same for is_same in same.values()):
        rest += f"; {others} of {len(same)} files are other bytes"
    if counted[DIFFERENT]:
        return f"Not reproduced: {counted[DIFFERENT]} of {compared} are different{rest}."
    if counted[SAME] == compared:
        return f"Reproduced: all {compared} to the last digit{rest}."
    return f"Reproduced: none of {compared} beyond rounding or its interval{rest}."


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
    single = [track for track in tracks if theirs[track].get("members") == 1]
    held = {track: Held(others[track], {}, set()) for track in tracks}
    for track in single:
        held[track] = Held(others[track], spreads(track, old), unlike(track, old, new))
    found = [one for track in tracks for one in measures(track, old, new, held[track])]
    found += claims(old, new, others)
    before, after = contents(old, old), contents(new, old)
    same = {name: before[name] == after.get(name) for name in before}
    print("\n".join(summary(found, same, limit)))
    why = [f"{track}: {said}" for track, said in sets.items()]
    why += _some([f"{key}: {said}" for key, said in changed.items()], limit)
    if any(one.verdict != SAME for one in found):
        edited = code()
        why += _some([f"code: {name} is not as it is committed" for name in edited], limit)
        why += machine(params)
        for track in single:
            why += one_training(track, held[track], found)
    if why:
        print(
            "\n".join(["", "what differs from the committed run:", *(f"  {line}" for line in why)])
        )
    print(f"\n{conclusion(found, same)}")
    return int(any(one.verdict == DIFFERENT for one in found))


if __name__ == "__main__":
    os.chdir(ROOT)
    stage.run(main, *sys.argv[1:])
