"""Rules that decide a claim: inequalities between measured numbers, read with their intervals.

    spread("jepa_ema") > spread("jepa")

is a `Condition`. It is met when the whole 95 % interval of the difference lies on the right side of
zero, failed when all of it lies on the wrong side, and open in between. A claim holds when all of
its conditions are met, in part when some are and some have failed, does not hold when some have
failed and none is met, and is undecided when none has failed and some are open.

A track states its claims in `reporting/claims.py`, in the document's order:

    def claims() -> list[Claim]:
        error = Measure("toy", "line", "error.*", "error of the line at {}", "noise")
        return [Section("toy", "Results").claim("toy-exact", "The line is exact", error < SMALL)]

The numbers are read from `plots/TRACK/tables/measures.csv`. Where a claim is about one data set
only (`data_set`), the track's module also has `data_set()`, the name of the one that was used.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from jepatlas.common.base.parameters import InputError
from jepatlas.common.measuring.measures import Measures

Outcome = Literal["met", "failed", "open"]
Sign = Literal[">", "<"]
VERDICTS = HOLDS, IN_PART, UNDECIDED, FAILS, NOT_TESTED = (
    "holds",
    "holds in part",
    "undecided",
    "does not hold",
    "not tested",
)

NO_INTERVAL = "an interval takes two seeds, and a measure that is defined"


class Number(NamedTuple):
    """A mean and the half width of its 95 % interval, 0 for what is exact."""

    mean: float
    half_width: float = 0.0

    def minus(self, other: "Number") -> "Number":
        """The difference of independent means; of paired ones its interval is on the safe side."""
        return Number(self.mean - other.mean, math.hypot(self.half_width, other.half_width))

    def times(self, factor: float) -> "Number":
        return Number(factor * self.mean, abs(factor) * self.half_width)

    def __str__(self) -> str:
        """Two digits of the half width, within two to four decimals."""
        if self.half_width == 0:
            return f"{self.mean:.4g} ± 0"
        if max(abs(self.mean), self.half_width) < 0.002:
            return f"{self.mean:.1e} ± {self.half_width:.1e}"
        decimals = min(max(1 - math.floor(math.log10(self.half_width)), 2), 4)
        return f"{self.mean:.{decimals}f} ± {self.half_width:.{decimals}f}"


@dataclass(frozen=True)
class Threshold:
    """A fixed bound, and why it is where it is."""

    value: float
    why: str

    def __str__(self) -> str:
        return f"{self.value:.4g}"


@dataclass(frozen=True)
class Measure:
    """A measure of a method, by its name in the track's table, and what it is in `words`.

    A `*` in the name stands for every part at its place, the values of `axis`; `{}` in the words is
    where the value goes. method: whose the number is, or a reference such as an oracle.
    """

    track: str
    method: str
    name: str
    words: str
    axis: str = ""
    factor: float = 1.0

    def __gt__(self, bound: "Measure | Threshold") -> "Condition":
        return Condition(self, ">", bound)

    def __lt__(self, bound: "Measure | Threshold") -> "Condition":
        return Condition(self, "<", bound)

    def __rmul__(self, factor: float) -> "Measure":
        return replace(self, factor=factor * self.factor)

    def at(self, value: str) -> "Measure":
        """The same at one value of the axis."""
        words = self.words.format(f"{self.axis} = {value}")
        return replace(self, name=self.name.replace("*", value), words=words)

    def __str__(self) -> str:
        words = self.words.format(f"every {self.axis}")
        return words if self.factor == 1 else f"{self.factor:g} times the {words}"

    def with_article(self) -> str:
        return f"the {self}" if self.factor == 1 else f"{self}"


@dataclass(frozen=True)
class Condition:
    """`left` above or below `right`; because: what explains it if not."""

    left: Measure
    sign: Sign
    right: Measure | Threshold
    because: str = ""

    def otherwise(self, because: str) -> "Condition":
        return replace(self, because=because)

    def __str__(self) -> str:
        return f"{self.left} {self.sign} {self.right}"


@dataclass(frozen=True)
class Claim:
    """What the document says, where, and the conditions that decide it.

    untested: why nothing can be measured, for a claim without conditions. data_set: the only one
    that the claim is about.
    """

    id: str
    track: str
    section: str
    claim: str
    conditions: tuple[Condition, ...] = ()
    untested: str = ""
    data_set: str = ""


@dataclass(frozen=True)
class Section:
    """A section of the document, which its claims are made in."""

    track: str
    title: str

    def claim(
        self, id: str, claim: str, *conditions: Condition, untested: str = "", data_set: str = ""
    ) -> Claim:
        return Claim(id, self.track, self.title, claim, conditions, untested, data_set)


@dataclass(frozen=True)
class Evidence:
    """What was measured in all tracks; their tables are read when they are asked for.

    methods: by track, the names of those that params.yaml trains; data_sets: by track, the set that
    it learned from, where it has a choice.
    """

    methods: Mapping[str, Collection[str]]
    data_sets: Mapping[str, str] = field(default_factory=dict)
    tables: dict[str, Measures] = field(default_factory=dict)

    def table(self, track: str) -> Measures:
        if track not in self.tables:
            self.tables[track] = Measures.read(track)
        return self.tables[track]

    def has(self, measure: Measure) -> bool:
        """Whether the measure's method takes part. One that does and lacks the measure is an
        `InputError` once its number is asked for."""
        known = (self.methods.get(measure.track, ()), self.table(measure.track).methods)
        return any(measure.method in names for names in known)

    def values(self, measure: Measure) -> list[str]:
        """The values of the measure's axis; an `InputError` where there is none."""
        table, prefix = self.table(measure.track), measure.name.partition(".*")[0]
        found = table.below(measure.method, prefix)
        if not found:
            raise InputError(f"{table.path}: has no {measure.name} of {measure.method}")
        return found

    def number(self, bound: Measure | Threshold) -> Number:
        """NaN where the mean or the interval is not known; an exact number's interval is 0."""
        if isinstance(bound, Threshold):
            return Number(bound.value)
        found = self.table(bound.track).get(bound.method, bound.name)
        return Number(found.mean, found.ci95).times(bound.factor)


class Check(NamedTuple):
    """One inequality with its numbers; a condition over an axis has one for each value."""

    condition: Condition
    number: Number
    bound: Number
    gap: Number  # above zero on the right side

    @property
    def outcome(self) -> Outcome:
        if self.gap.mean - self.gap.half_width > 0:
            return "met"
        return "failed" if self.gap.mean + self.gap.half_width < 0 else "open"

    @property
    def margin(self) -> float:
        """The gap in half widths, so that checks of different measures compare."""
        if self.gap.half_width == 0:
            return math.copysign(math.inf, self.gap.mean) if self.gap.mean else 0.0
        return self.gap.mean / self.gap.half_width

    @property
    def bound_in_words(self) -> str:
        right = self.condition.right
        return f"{right.with_article()}, {self.bound}" if isinstance(right, Measure) else str(right)


def check(condition: Condition, evidence: Evidence) -> list[Check]:
    """The checks of a condition: one, or one for each value of its axis."""
    conditions = [condition]
    if "*" in condition.left.name:
        conditions = [_at(condition, value) for value in evidence.values(condition.left)]
    checks = []
    for one in conditions:
        number, bound = evidence.number(one.left), evidence.number(one.right)
        gap = number.minus(bound) if one.sign == ">" else bound.minus(number)
        checks.append(Check(one, number, bound, gap))
    return checks


def _at(condition: Condition, value: str) -> Condition:
    right = condition.right
    if isinstance(right, Measure):
        right = right.at(value)
    return replace(condition, left=condition.left.at(value), right=right)


def judge(claim: Claim, evidence: Evidence) -> dict[str, str]:
    """A row of the table: the claim, its test, the number that decides, the verdict and why.

    The number that decides is the one that fares worst, by its distance from the bound in units of
    the interval: what fails most clearly, or is met most narrowly.
    """
    reason = _untestable(claim, evidence)
    if reason:
        return _row(claim, NOT_TESTED, reason)
    checked = [check(condition, evidence) for condition in claim.conditions]
    every = [one for checks in checked for one in checks]
    blank = [one for one in every if not math.isfinite(one.gap.mean + one.gap.half_width)]
    if blank:
        return _row(claim, NOT_TESTED, f"Not measured: {blank[0].condition}; {NO_INTERVAL}.")
    verdict = _verdict({one.outcome for one in every})
    deciding = min(every, key=lambda one: one.margin)
    if verdict != HOLDS:
        met = sum(all(one.outcome == "met" for one in checks) for checks in checked)
        reason = _sentence(deciding, met, len(checked))
    return _row(claim, verdict, reason, deciding)


def _verdict(outcomes: Collection[Outcome]) -> str:
    if "failed" not in outcomes:
        return UNDECIDED if "open" in outcomes else HOLDS
    return IN_PART if "met" in outcomes else FAILS


def _untestable(claim: Claim, evidence: Evidence) -> str:
    """Why a claim cannot be decided by these metrics, in one sentence; empty if it can."""
    if claim.untested:
        return claim.untested
    used = evidence.data_sets.get(claim.track, "")
    if claim.data_set not in ("", used):
        return f"The claim is about {claim.data_set}, and this run is on {used}."
    for condition in claim.conditions:
        for side in (condition.left, condition.right):
            if isinstance(side, Measure) and not evidence.has(side):
                return f"{side.method} is not among the methods of params.yaml."
    return ""


def _sentence(found: Check, met: int, total: int) -> str:
    """Why a claim does not hold, or not wholly, with the number."""
    condition = found.condition
    clearly = "" if found.outcome == "failed" else "clearly "
    side = "above" if condition.sign == ">" else "below"
    text = f"The {condition.left} is {found.number}, not {clearly}{side} {found.bound_in_words}"
    if condition.because:
        text += f": {condition.because}"
    if total > 1:
        text += f" ({met} of {total} conditions are met)"
    return text + "."


def _row(claim: Claim, verdict: str, reason: str, found: Check | None = None) -> dict[str, str]:
    """measured, value and needed: of the check that decides, empty where there is none."""
    return {
        "id": claim.id,
        "track": claim.track,
        "section": claim.section,
        "claim": claim.claim,
        "test": in_words(claim.conditions),
        "measured": str(found.condition.left) if found else "",
        "value": str(found.number) if found else "",
        "needed": f"{found.condition.sign} {found.bound_in_words}" if found else "",
        "verdict": verdict,
        "reason": reason,
    }


def in_words(conditions: Collection[Condition]) -> str:
    """All conditions, then what each bound means."""
    bounds = [one.right for one in conditions if isinstance(one.right, Threshold)]
    whys = [f"{bound}: {bound.why}" for bound in dict.fromkeys(bounds)]
    return ". ".join(["; ".join(map(str, conditions)), *whys]) + "." if conditions else ""


def counts(rows: Collection[Mapping[str, str]]) -> dict[str, int]:
    """How many claims have each verdict."""
    return {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in VERDICTS}
