"""Rules that decide a claim: inequalities between measured numbers, read with their intervals.

    spread("jepa_ema") > spread("jepa")

is a `Condition`. It is met when the whole 95 % interval of the difference lies on the right side of
zero, failed when all of it lies on the wrong side, and open in between. A claim holds when all of
its conditions are met, in part when some are and some have failed, does not hold when some have
failed and none is met, and is undecided when none has failed and some are open.

Two measures of as many members are compared member by member, since members of one number share
their data and their seed; others as independent. What an interval has beyond that over its members
is of something that they all share, such as test images, and stays in the difference. Where a
condition is over an axis, what decides is the worst of its values, so each is held to 95 % for all
of them together (Bonferroni).

A condition on the `lowest` or the `highest` of a measure's seeds is about those that were trained,
and that number has no interval.

A track states its claims in `reporting/claims.py`, in the document's order:

    def claims() -> list[Claim]:
        error = Measure("toy", "line", "error.*", "error of the line at {}", "noise")
        return [Section("toy", "Results").claim("toy-exact", "The line is exact", error < SMALL)]

The numbers are read from `plots/TRACK/tables/measures.csv`, or are what the module's `measures()`
returns, if it has that. Where a claim is about one data set only (`data_set`), the track's module
also has `data_set()`, the name of the one that was used. What somebody else claims than the
document has its `Source` in its section.
"""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from jepatlas.common.base.parameters import InputError
from jepatlas.common.measuring.measures import Measures
from jepatlas.common.measuring.statistics import summary

Outcome = Literal["met", "failed", "open"]
Sign = Literal[">", "<"]
Seeds = Literal["mean", "lowest", "highest"]
VERDICTS = HOLDS, IN_PART, UNDECIDED, FAILS, NOT_TESTED = (
    "holds",
    "holds in part",
    "undecided",
    "does not hold",
    "not tested",
)

ROUNDING = 1e-5  # of numbers with six digits, relative
MANY = 1000  # seeds
COLUMNS = (  # of the table of claims
    *("id", "track", "source", "address", "section", "claim", "test", "measured", "key", "value"),
    *("needed", "recipe", "verdict", "reason"),
)
NO_INTERVAL = "an interval takes two seeds, and a measure that is defined"


class Number(NamedTuple):
    """A mean and the half width of its 95 % interval, 0 for what is exact."""

    mean: float
    half_width: float = 0.0

    def minus(self, other: "Number") -> "Number":
        """The difference of independent means."""
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
        mean = round(self.mean, decimals) + 0.0  # never -0.0
        return f"{mean:.{decimals}f} ± {self.half_width:.{decimals}f}"


@dataclass(frozen=True)
class Threshold:
    """A fixed bound, and why it is where it is; or a factor, times another measure."""

    value: float
    why: str

    def __str__(self) -> str:
        return f"{self.value:.4g}"


@dataclass(frozen=True)
class Measure:
    """A measure of a method, by its name in the track's table, and what it is in `words`.

    A `*` in the name stands for every part at its place, the values of `axis`; `{}` in the words is
    where the value goes. method: whose the number is, or a reference such as an oracle. recipe:
    the one that it was trained by. seeds: which number of theirs it is. why: the factor is what it
    is. lacking: why a run may be without the measure, which then leaves a claim untested.
    """

    track: str
    method: str
    name: str
    words: str
    axis: str = ""
    factor: float = 1.0
    recipe: str = "default"
    seeds: Seeds = "mean"
    why: str = ""
    lacking: str = ""

    def __gt__(self, bound: "Measure | Threshold") -> "Condition":
        return Condition(self, ">", bound)

    def __lt__(self, bound: "Measure | Threshold") -> "Condition":
        return Condition(self, "<", bound)

    def __rmul__(self, factor: float | Threshold) -> "Measure":
        if isinstance(factor, Threshold):
            return replace(self, factor=factor.value * self.factor, why=factor.why)
        return replace(self, factor=factor * self.factor)

    def of_seeds(self, seeds: Seeds) -> "Measure":
        """The same of one of the seeds: of the one where it is lowest, or highest."""
        return replace(self, seeds=seeds, words=f"{seeds} {self.words}")

    def at(self, value: str) -> "Measure":
        """The same at one value of the axis; a number's dot is `_` in names."""
        shown = re.sub(r"(?<=\d)_(?=\d)", ".", value)
        words = self.words.format(f"{self.axis} = {shown}")
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


class Source(NamedTuple):
    """Who makes a claim, and the address of where."""

    name: str = ""
    address: str = ""


DOCUMENT = Source()  # what the project set out from, which has no need of a name


@dataclass(frozen=True)
class Claim:
    """What the document, or another source, says, where, and the conditions that decide it.

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
    source: Source = DOCUMENT


@dataclass(frozen=True)
class Section:
    """A section of the document, or of another source, which its claims are made in."""

    track: str
    title: str
    source: Source = DOCUMENT

    def claim(
        self, id: str, claim: str, *conditions: Condition, untested: str = "", data_set: str = ""
    ) -> Claim:
        place = self.track, self.title
        return Claim(id, *place, claim, conditions, untested, data_set, self.source)


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

    def lacks(self, measure: Measure) -> bool:
        """Whether the table is without a measure of a method that takes part."""
        table, (prefix, *axis) = self.table(measure.track), measure.name.split(".*")
        found = table.below(measure.method, prefix) if axis else table.has(measure.method, prefix)
        return not found

    def values(self, measure: Measure) -> list[str]:
        """The values of the measure's axis; an `InputError` where there is none."""
        table, prefix = self.table(measure.track), measure.name.partition(".*")[0]
        found = table.below(measure.method, prefix)
        if not found:
            raise InputError(f"{table.path}: has no {measure.name} of {measure.method}")
        return found

    def gap(self, left: Measure, right: Measure | Threshold, picked: int) -> Number:
        """left - right, with an interval that covers in 95 % of all cases even if this is the
        worst of as many differences as were `picked` from."""
        gap = self.number(left).minus(self.number(right))
        members = self.members(left)
        if isinstance(right, Measure):
            others = self.members(right)
            if len(members) == len(others) > 1:
                paired = summary(members - others)
                parts = paired["ci95"], self.shared(left), self.shared(right)
                gap = Number(paired["mean"], math.hypot(*parts))
            members = min(members, others, key=len)
        freedom = len(members) - 1 if len(members) > 1 else np.inf
        wider, as_it_is = special.stdtrit(freedom, 1 - 0.025 / np.array([picked, 1]))
        return Number(gap.mean, float(gap.half_width * wider / as_it_is))

    def members(self, measure: Measure) -> npt.NDArray[np.float64]:
        """The members' own numbers, empty where they were not kept or one is picked."""
        if measure.seeds != "mean":
            return np.empty(0)
        found = self.table(measure.track).get(measure.method, measure.name)
        return measure.factor * np.array(found.members)

    def shared(self, measure: Measure) -> float:
        """The part of a measure's half width that is not that over its members, but of what they
        share. In a difference two such parts count as independent, which is too much rather than
        too little where one luck makes both measures better."""
        own, whole = summary(self.members(measure))["ci95"], self.number(measure)
        rounding = ROUNDING * (abs(whole.mean) + own)
        return math.sqrt(max(whole.half_width**2 - (own + rounding) ** 2, 0))

    def seeds(self, left: Measure, right: Measure | Threshold) -> int:
        """How many seeds the interval is over; 0 where it is of more than them."""
        found = []
        for side in (left, right):
            if isinstance(side, Measure) and self.number(side).half_width:
                members = self.members(side)
                found.append(0 if len(members) < 2 or self.shared(side) else len(members))
        return min(found, default=0)

    def number(self, bound: Measure | Threshold) -> Number:
        """NaN where the mean or the interval is not known; an exact number's interval is 0."""
        if isinstance(bound, Threshold):
            return Number(bound.value)
        found = self.table(bound.track).get(bound.method, bound.name)
        if bound.seeds != "mean":
            picked = found.min if bound.seeds == "lowest" else found.max
            return Number(picked).times(bound.factor)
        return Number(found.mean, found.ci95).times(bound.factor)


class Check(NamedTuple):
    """One inequality with its numbers; a condition over an axis has one for each value."""

    condition: Condition
    number: Number
    bound: Number
    gap: Number  # above zero on the right side
    seeds: int  # that the gap's interval is over; 0 where it is of more than them

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
    def seeds_needed(self) -> float:
        """About how many it takes to decide, if the mean and scatter of the gap stay: its half
        width is Student's quantile times the scatter over the root of their number."""
        quantile = special.stdtrit(self.seeds - 1, 0.975) / special.ndtri(0.975)
        return self.seeds / (self.margin * quantile) ** 2 if self.margin else math.inf

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
        gap = evidence.gap(one.left, one.right, len(conditions))
        gap = gap if one.sign == ">" else gap.times(-1)
        checks.append(Check(one, number, bound, gap, evidence.seeds(one.left, one.right)))
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
    verdict = _verdict(every)
    deciding = min(every, key=lambda one: one.margin)
    if verdict != HOLDS:
        met = sum(all(one.outcome == "met" for one in checks) for checks in checked)
        reason = _sentence(deciding, met, len(checked))
    return _row(claim, verdict, reason, deciding) | {"recipe": _by_recipe(every)}


def _verdict(checks: Collection[Check]) -> str:
    outcomes = {one.outcome for one in checks}
    if "failed" not in outcomes:
        return UNDECIDED if "open" in outcomes else HOLDS
    return IN_PART if "met" in outcomes else FAILS


def _by_recipe(checks: Sequence[Check]) -> str:
    """The recipe that a claim is decided under; of several, each with its own verdict."""
    recipes = dict.fromkeys(one.condition.left.recipe for one in checks)
    names = {recipe: recipe.replace("_", " ") for recipe in recipes}
    if len(names) == 1:
        return "".join(names.values())
    verdicts = {
        recipe: _verdict([one for one in checks if one.condition.left.recipe == recipe])
        for recipe in recipes
    }
    return "; ".join(f"{names[recipe]}: {verdict}" for recipe, verdict in verdicts.items())


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
            if isinstance(side, Measure) and side.lacking and evidence.lacks(side):
                return f"Not measured: {side}; {side.lacking}."
    return ""


def _sentence(found: Check, met: int, total: int) -> str:
    """Why a claim does not hold, or not wholly, with the number."""
    condition = found.condition
    clearly = "" if found.outcome == "failed" else "clearly "
    side = "above" if condition.sign == ">" else "below"
    text = f"The {condition.left} is {found.number}, not {clearly}{side} {found.bound_in_words}"
    if condition.because:
        text += f": {condition.because}"
    if found.outcome == "open" and found.seeds > 1:
        text += f"; {_seeds_in_words(found)}"
    if total > 1:
        text += f" ({met} of {total} conditions are met)"
    return text + "."


def _seeds_in_words(found: Check) -> str:
    """What it would take to decide."""
    if found.seeds_needed > MANY:
        return f"even {MANY:,} seeds like these {found.seeds} would hardly tell"
    needed = max(float(f"{found.seeds_needed:.2g}"), found.seeds + 1)
    return f"some {needed:.0f} seeds like these {found.seeds} would tell"


def _row(claim: Claim, verdict: str, reason: str, found: Check | None = None) -> dict[str, str]:
    """measured, key, value and needed: of the check that decides, empty where there is none, as the
    recipe is; key: the measure's name in the track's table."""
    return {
        "id": claim.id,
        "track": claim.track,
        "source": claim.source.name,
        "address": claim.source.address,
        "section": claim.section,
        "claim": claim.claim,
        "test": in_words(claim.conditions),
        "measured": str(found.condition.left) if found else "",
        "key": found.condition.left.name if found else "",
        "value": str(found.number) if found else "",
        "needed": f"{found.condition.sign} {found.bound_in_words}" if found else "",
        "recipe": "",
        "verdict": verdict,
        "reason": reason,
    }


def in_words(conditions: Collection[Condition]) -> str:
    """All conditions, and with the last that has a bound, or a factor, what that means."""
    last = {_with_reason(one): one for one in conditions if one.right.why}
    return "; ".join(
        f"{one} ({one.right.why})" if last.get(_with_reason(one)) is one else str(one)
        for one in conditions
    )


def _with_reason(condition: Condition) -> tuple[float, str]:
    """The bound or the factor of a condition, and why it is what it is."""
    right = condition.right
    return right.value if isinstance(right, Threshold) else right.factor, right.why


def counts(rows: Collection[Mapping[str, str]]) -> dict[str, int]:
    """How many claims have each verdict."""
    return {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in VERDICTS}


def by_source(
    rows: Collection[Mapping[str, str]],
) -> dict[Source, list[Mapping[str, str]]]:
    """The claims of each source, the sources in the order in which they come."""
    found: dict[Source, list[Mapping[str, str]]] = {}
    for row in rows:
        source = Source(row.get("source", ""), row.get("address", ""))
        found.setdefault(source, []).append(row)
    return found
