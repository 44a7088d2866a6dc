"""What was measured, as rows of one tidy table per track: `plots/TRACK/tables/measures.csv`.

A row is one number of one method: `method, measure, mean, ci95, min, max, members`. The measure is
a dotted name such as `landscape.auroc` or `default.r2.8`; the numbers are over members (seeds).
`ci95` is the half width of the 95 % interval: 0 for what is exact, empty where one member leaves it
unknown.
`members` has the members' own numbers, with spaces between, where they were kept.
What claims, figures, the page and the documents say comes from these tables; the few headline
numbers that DVC is told of are taken from them too (`headlines`).
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import read_csv

METRICS = Path("metrics")  # what DVC is told: METRICS/TRACK/METHOD.json, {METHOD: {name: number}}
NUMBERS = ("mean", "ci95", "min", "max")
COLUMNS = ("method", "measure", *NUMBERS, "members")


class Measure(NamedTuple):
    """A mean over members, the half width of its 95 % interval, and the extremes; NaN: unknown.

    members: their numbers, to six digits; empty where they were not kept.
    """

    mean: float
    ci95: float
    min: float
    max: float
    members: tuple[float, ...] = ()

    @classmethod
    def of(cls, numbers: Iterable[float], members: str) -> "Measure":
        """members: as in the table."""
        mean, ci95, low, high = numbers
        return cls(mean, ci95, low, high, tuple(map(float, members.split())))


def table(method: str, measured: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of one method; measured: nested, with a summary (`mean`, `ci95`, `min`, `max`) or an
    exact number at each leaf."""
    rows = [
        (method, name, *values, " ".join(f"{member:.6g}" for member in members))
        for name, (*values, members) in _leaves(measured)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def read(path: Path) -> pd.DataFrame:
    """The rows of such a table from its file; a missing or damaged one is an `InputError`."""
    return read_csv(path, texts=("method", "measure", "members"), numbers=NUMBERS)


def nested(rows: pd.DataFrame) -> dict[str, Any]:
    """The measures of one method as `table` was given them: a summary at each leaf, with None for
    what is unknown."""
    whole: dict[str, Any] = {}
    values = rows[list(NUMBERS)].itertuples(index=False)
    for name, row in zip(rows["measure"], values, strict=True):
        *parents, last = name.split(".")
        inner = whole
        for parent in parents:
            inner = inner.setdefault(parent, {})
        numbers = (None if math.isnan(value) else float(value) for value in row)
        inner[last] = dict(zip(NUMBERS, numbers, strict=True))
    return whole


def _leaves(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Measure]]:
    for key, item in content.items():
        name = f"{prefix}{key}"
        if isinstance(item, Mapping):
            if "mean" in item:
                mean, ci95, low, high = (_number(item.get(part)) for part in NUMBERS)
                yield name, Measure(mean, ci95, low, high, tuple(item.get("members", ())))
            else:
                yield from _leaves(item, f"{name}.")
        else:
            value = _number(item)
            yield name, Measure(value, 0.0, value, value)


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


@dataclass(frozen=True)
class Measures:
    """The measures of one track, read from its table."""

    path: Path
    rows: dict[tuple[str, str], Measure] = field(repr=False)

    @classmethod
    def read(cls, track: str, root: Path = Path("plots")) -> "Measures":
        """Of `root`/TRACK/tables/measures.csv; a missing or damaged table is an `InputError`."""
        path = root / track / "tables" / "measures.csv"
        found = read(path)
        values = zip(found[list(NUMBERS)].itertuples(index=False), found["members"], strict=True)
        keys = zip(found["method"], found["measure"], strict=True)
        return cls(path, {key: Measure.of(*row) for key, row in zip(keys, values, strict=True)})

    @property
    def methods(self) -> list[str]:
        """Everything that has a row: methods and references, in the order of the table."""
        return list(dict.fromkeys(method for method, _ in self.rows))

    def has(self, method: str, measure: str) -> bool:
        return (method, measure) in self.rows

    def get(self, method: str, measure: str) -> Measure:
        """A number that is not there is an `InputError` that names it and the table."""
        try:
            return self.rows[method, measure]
        except KeyError:
            raise InputError(f"{self.path}: has no {measure} of {method}") from None

    def below(self, method: str, prefix: str) -> list[str]:
        """What follows `prefix.` in the names of a method's measures, up to the next dot."""
        start = f"{prefix}."
        names = (name for found, name in self.rows if found == method and name.startswith(start))
        return list(dict.fromkeys(name.removeprefix(start).partition(".")[0] for name in names))


def headlines(measured: pd.DataFrame, names: Mapping[str, str]) -> dict[str, float]:
    """The means of a method's headline measures, by the short names that DVC shows.

    names: short name -> measure; what the method does not have is left out.
    """
    means = dict(zip(measured["measure"], measured["mean"], strict=True))
    return {short: means[name] for short, name in names.items() if name in means}


def joined(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The tables of several methods, one below the other."""
    return pd.concat(list(tables), ignore_index=True)
