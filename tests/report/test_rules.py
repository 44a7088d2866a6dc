"""The engine, against hand-made measures with known verdicts."""

import numpy as np
import pytest
from scipy import stats

from jepatlas.common.base.parameters import InputError
from jepatlas.common.measuring import measures
from jepatlas.common.measuring.measures import Measures
from jepatlas.common.measuring.statistics import over_members
from jepatlas.common.reporting.rules import (
    FAILS,
    HOLDS,
    IN_PART,
    NOT_TESTED,
    UNDECIDED,
    Claim,
    Evidence,
    Measure,
    Number,
    Section,
    Threshold,
    check,
    counts,
    judge,
)
from tests.report.metrics import number, write

HALF = Threshold(0.5, "half of it")
SECTION = Section("mixture", "1. Section")


def evidence():
    return Evidence({"mixture": ["a"]}, {"mixture": "mnist"})


def measure(name, method="a", **more):
    return Measure("mixture", method, name, f"{name} of a", **more)


@pytest.fixture
def metrics(tmp_path, monkeypatch):
    scales = {"0": number(0.9, 0.01), "4": number(0.7, 0.01), "8": number(0.4, 0.01)}
    found = {
        "high": number(0.8, 0.1),
        "low": number(0.2, 0.1),
        "near": number(0.55, 0.1),
        "exact": 0.3,
        "one_seed": number(0.8, None),
        "undefined": number(None, None),
        "nested": {"deep": number(0.8, 0.1)},
        "by_scale": scales,
        "limit": {scale: number(0.6, 0.01) for scale in scales},
        "shorter": {"0": number(0.6)},
    }
    write(tmp_path, "mixture", {"a": found, "reference": {"high": number(0.6, 0.1)}})
    monkeypatch.chdir(tmp_path)
    return evidence()


def verdict(metrics, *conditions, **more):
    return judge(SECTION.claim("id", "It is so", *conditions, **more), metrics)["verdict"]


# Numbers


def test_the_difference_has_the_interval_of_independent_means():
    assert Number(5, 0.3).minus(Number(3, 0.4)) == (2, pytest.approx(0.5))
    rng = np.random.default_rng(0)
    a, b = rng.normal(5, 0.3 / 1.96, 200_000), rng.normal(3, 0.4 / 1.96, 200_000)
    assert np.percentile(a - b, 97.5) - 2 == pytest.approx(0.5, abs=0.01)


def test_a_multiple_has_a_multiple_of_the_interval():
    assert Number(3, 0.4).times(-2) == (-6, 0.8)


@pytest.mark.parametrize(
    ("mean", "half_width", "expected"),
    [
        (0.68532, 0.00697, "0.6853 ± 0.0070"),
        (0.99152, 0.00183, "0.9915 ± 0.0018"),
        (0.4989, 1.08, "0.50 ± 1.08"),
        (17.31, 4.93, "17.31 ± 4.93"),
        (0.0021, 0.00022, "0.0021 ± 0.0002"),
        (3.60609e-06, 4.9e-07, "3.6e-06 ± 4.9e-07"),
        (-0.0013, 0.0146, "-0.001 ± 0.015"),
        (-0.0041, 0.31, "0.00 ± 0.31"),
        (0.9999, 6e-5, "0.9999 ± 0.0001"),
        (1.0, 0.0, "1 ± 0"),
        (0.072834, 0.0, "0.07283 ± 0"),
    ],
)
def test_a_number_is_shown_with_the_digits_that_it_has(mean, half_width, expected):
    assert str(Number(mean, half_width)) == expected


# Conditions


@pytest.mark.parametrize(
    ("name", "above", "below"),
    [("high", "met", "failed"), ("low", "failed", "met"), ("near", "open", "open")],
)
def test_a_condition_is_decided_by_the_whole_interval(metrics, name, above, below):
    assert [found.outcome for found in check(measure(name) > HALF, metrics)] == [above]
    assert [found.outcome for found in check(measure(name) < HALF, metrics)] == [below]


@pytest.mark.parametrize(
    ("bound", "expected"), [(0.499, "met"), (0.5, "open"), (1, "open"), (1.001, "failed")]
)
def test_an_interval_that_touches_the_bound_is_open(tmp_path, monkeypatch, bound, expected):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "mixture", {"a": {"x": number(0.75, 0.25)}})
    found = check(measure("x") > Threshold(bound, ""), evidence())
    assert found[0].outcome == expected


@pytest.mark.parametrize(
    ("left", "sign", "right", "expected"),
    [
        ("high", ">", "low", "met"),  # 0.6 ± 0.141
        ("high", "<", "low", "failed"),
        ("high", ">", "near", "met"),  # 0.25 ± 0.141
        ("near", ">", "exact", "met"),  # 0.25 ± 0.1
        ("low", ">", "exact", "open"),  # -0.1 ± 0.1
        ("near", ">", "nested.deep", "failed"),
    ],
)
def test_measures_are_compared_by_the_interval_of_the_difference(
    metrics, left, sign, right, expected
):
    left, right = measure(left), measure(right)
    condition = left > right if sign == ">" else left < right
    assert check(condition, metrics)[0].outcome == expected


def test_a_multiple_of_a_measure_is_a_bound(metrics):
    found = check(measure("high") > 3 * measure("low"), metrics)[0]
    assert found.bound == (pytest.approx(0.6), pytest.approx(0.3))
    assert found.outcome == "open"
    assert check(measure("high") > 2 * measure("low"), metrics)[0].outcome == "met"


def test_a_condition_over_an_axis_has_a_check_for_each_value(metrics):
    found = check(measure("by_scale.*", axis="σ") > HALF, metrics)
    assert [one.condition.left.name for one in found] == ["by_scale.0", "by_scale.4", "by_scale.8"]
    assert [one.outcome for one in found] == ["met", "met", "failed"]


def test_two_sides_with_an_axis_are_compared_at_the_same_value(metrics):
    by_scale = measure("by_scale.*", axis="σ")
    found = check(by_scale > measure("limit.*", axis="σ"), metrics)
    sides = [(one.condition.left.name[-1], one.condition.right.name[-1]) for one in found]
    assert sides == [("0", "0"), ("4", "4"), ("8", "8")]
    with pytest.raises(InputError, match=r"measures\.csv: has no shorter\.4 of a"):
        check(by_scale > measure("shorter.*", axis="σ"), metrics)


def test_margins_are_in_units_of_the_interval(metrics):
    margins = [check(measure(name) > HALF, metrics)[0].margin for name in ("high", "near", "low")]
    assert margins == pytest.approx([3, 0.5, -3])
    exact = [check(measure("exact") > Threshold(x, ""), metrics)[0].margin for x in (0, 0.3, 1)]
    assert exact == [np.inf, 0, -np.inf]


def paired(tmp_path, monkeypatch, *shift):
    """Two measures of as many members, which differ by `shift`, far less than members do."""
    monkeypatch.chdir(tmp_path)
    members = np.array([0.1, 0.9, 0.4, 0.6, 0.3])
    found = {
        "x": over_members(members),
        "y": over_members(members + shift),
        "fewer": over_members(members[:4] + 0.01),
    }
    write(tmp_path, "mixture", {"a": found})
    return evidence()


def test_members_are_compared_one_by_one(tmp_path, monkeypatch):
    found = paired(tmp_path, monkeypatch, 0.01, 0.02, 0.015, 0.01, 0.02)
    (one,) = check(measure("y") > measure("x"), found)
    interval = stats.ttest_1samp([0.01, 0.02, 0.015, 0.01, 0.02], 0).confidence_interval()
    assert one.outcome == "met"
    assert one.gap == (pytest.approx(0.015), pytest.approx((interval.high - interval.low) / 2))
    assert [c.outcome for c in check(measure("fewer") > measure("x"), found)] == ["open"]
    (one,) = check(measure("x") < 0.5 * measure("y"), found)
    halves = np.array([0.1, 0.9, 0.4, 0.6, 0.3]) / 2 - [0.005, 0.01, 0.0075, 0.005, 0.01]
    assert one.gap.mean == pytest.approx(-halves.mean())


def test_the_luck_that_members_share_stays_in_their_difference(tmp_path, monkeypatch):
    """Seeds differ far more than the two measures do in any of them; test images are the same for
    all seeds, and each measure has its own luck with them."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    gaps, test, difference = [], np.array([0.02, 0.01]), 0.03
    for _ in range(400):
        seeds = rng.normal(0, 1, 5)
        members = np.array([difference, 0]) + seeds[:, None] + rng.normal(0, 0.01, (5, 2))
        members += rng.normal(0, test)
        x, y = (
            found | {"ci95": np.hypot(found["ci95"], 1.96 * luck)}
            for found, luck in zip(map(over_members, members.T), test, strict=True)
        )
        found = Evidence({"mixture": ["a"]})
        found.tables["mixture"] = Measures(tmp_path, rows_of(measures.table("a", {"x": x, "y": y})))
        gaps.append(found.gap(measure("x"), measure("y"), picked=1))
    inside = [abs(gap.mean - difference) < gap.half_width for gap in gaps]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.03)
    assert np.mean([gap.half_width for gap in gaps]) < 0.07  # seeds alone have 1.2


def test_the_worst_of_several_is_held_to_more(tmp_path, monkeypatch):
    """Of eleven, each at 1 - 0.05 / 11; chance then fails one in a twentieth of all tables."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    tables = rng.normal(0, 1, (120, 11, 5))
    failed = {"one": 0, "all": 0}
    for scales in tables:
        by_scale = {str(k): over_members(members) for k, members in enumerate(scales)}
        found = Evidence({"mixture": ["a"]})
        rows = measures.table("a", {"by_scale": by_scale})
        found.tables["mixture"] = Measures(tmp_path, rows_of(rows))
        zero = Threshold(0, "")
        failed["all"] += any(
            one.outcome == "failed" for one in check(measure("by_scale.*", axis="σ") > zero, found)
        )
        failed["one"] += any(
            check(measure(f"by_scale.{k}") > zero, found)[0].outcome == "failed" for k in range(11)
        )
    assert failed["all"] / 120 < 0.06
    assert failed["one"] / 120 > 0.12


def rows_of(rows):
    keys = zip(rows["method"], rows["measure"], strict=True)
    numbers = zip(rows[list(measures.NUMBERS)].to_numpy(), rows["members"], strict=True)
    return {key: measures.Measure.of(*row) for key, row in zip(keys, numbers, strict=True)}


def test_a_claim_says_under_which_recipe_it_holds(metrics):
    published, default = (
        measure(name, recipe=recipe)
        for name, recipe in {"low": "as_published", "high": "default"}.items()
    )
    row = judge(SECTION.claim("id", "It is so", published > HALF, default > HALF), metrics)
    assert row["recipe"] == "as published: does not hold; default: holds"
    row = judge(SECTION.claim("id", "It is so", published < HALF), metrics)
    assert row["recipe"] == "as published"


# Verdicts


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["high"], HOLDS),
        (["low"], FAILS),
        (["near"], UNDECIDED),
        (["high", "high"], HOLDS),
        (["low", "low"], FAILS),
        (["high", "low"], IN_PART),
        (["high", "near"], UNDECIDED),
        (["near", "low"], FAILS),
        (["high", "near", "low"], IN_PART),
    ],
)
def test_the_verdict_by_the_outcomes_of_the_conditions(metrics, names, expected):
    assert verdict(metrics, *(measure(name) > HALF for name in names)) == expected


def test_an_axis_holds_in_part_when_some_of_its_values_do(metrics):
    by_scale = measure("by_scale.*", axis="σ")
    assert verdict(metrics, by_scale > HALF) == IN_PART
    assert verdict(metrics, by_scale > Threshold(0.3, "")) == HOLDS
    assert verdict(metrics, by_scale > Threshold(0.95, "")) == FAILS


def test_the_verdict_flips_with_the_number(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for mean, expected in ((0.8, HOLDS), (0.55, UNDECIDED), (0.2, FAILS)):
        write(tmp_path, "mixture", {"a": {"x": number(mean, 0.1)}})
        assert verdict(evidence(), measure("x") > HALF) == expected


@pytest.mark.parametrize("name", ["one_seed", "undefined"])
def test_without_an_interval_nothing_is_decided(metrics, name):
    for condition in (measure(name) > HALF, measure("high") > measure(name)):
        row = judge(SECTION.claim("id", "It is so", measure("high") > HALF, condition), metrics)
        assert row["verdict"] == NOT_TESTED
        assert f"{name} of a" in row["reason"]
        assert "takes two seeds" in row["reason"]


def test_a_claim_without_conditions_is_not_tested_and_says_why(metrics):
    row = judge(SECTION.claim("id", "It is so", untested="By definition."), metrics)
    assert (row["verdict"], row["reason"], row["value"]) == (NOT_TESTED, "By definition.", "")


def test_a_claim_about_another_data_set_is_not_tested(metrics):
    claim = SECTION.claim("id", "It is so", measure("high") > HALF, data_set="digits")
    row = judge(claim, metrics)
    assert row["verdict"] == NOT_TESTED
    assert row["reason"] == "The claim is about digits, and this run is on mnist."


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_method_that_is_not_trained_is_not_tested(metrics, side):
    other = measure("high", method="b")
    condition = other > HALF if side == "left" else measure("low") < other
    row = judge(SECTION.claim("id", "It is so", condition), metrics)
    assert row["verdict"] == NOT_TESTED
    assert row["reason"] == "b is not among the methods of params.yaml."


def test_a_reference_takes_part_though_it_is_no_method(metrics):
    other = measure("high", method="reference")
    assert verdict(metrics, other > HALF) == UNDECIDED
    assert verdict(metrics, measure("high") > other) == HOLDS  # 0.2 ± 0.141


@pytest.mark.parametrize("name", ["absent", "nested", "nested.absent", "exact.mean"])
def test_a_missing_measure_is_one_line_that_names_it(metrics, name):
    with pytest.raises(InputError, match=rf"mixture/tables/measures\.csv: has no {name}") as caught:
        verdict(metrics, measure(name) > HALF)
    assert "\n" not in str(caught.value)


def test_an_axis_without_values_is_one_line_that_names_it(metrics):
    with pytest.raises(InputError) as refusal:
        verdict(metrics, measure("absent.*", axis="σ") > HALF)
    assert str(refusal.value) == "plots/mixture/tables/measures.csv: has no absent.* of a"


def test_a_missing_table_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"mixture/tables/measures\.csv: no such file"):
        verdict(evidence(), measure("x") > HALF)


# What is said of it


def test_a_row_has_the_test_the_number_and_what_was_needed(metrics):
    row = judge(SECTION.claim("id", "It is so", measure("high") > HALF), metrics)
    assert row == {
        "id": "id",
        "track": "mixture",
        "source": "",
        "address": "",
        "section": "1. Section",
        "claim": "It is so",
        "test": "high of a > 0.5 (half of it)",
        "measured": "high of a",
        "key": "high",
        "value": "0.80 ± 0.10",
        "needed": "> 0.5",
        "recipe": "default",
        "verdict": HOLDS,
        "reason": "",
    }


def test_the_number_is_the_one_that_fares_worst(metrics):
    conditions = [measure(name) > HALF for name in ("high", "low", "near")]
    row = judge(SECTION.claim("id", "It is so", *conditions), metrics)
    assert row["measured"] == "low of a"
    assert row["reason"] == (
        "The low of a is 0.20 ± 0.10, not above 0.5 (1 of 3 conditions are met)."
    )
    row = judge(SECTION.claim("id", "It is so", conditions[0], conditions[2]), metrics)
    assert row["reason"] == (
        "The near of a is 0.55 ± 0.10, not clearly above 0.5 (1 of 2 conditions are met)."
    )


def test_the_number_of_a_claim_that_holds_is_the_one_met_most_narrowly(metrics):
    conditions = (measure("high") > Threshold(0, ""), measure("high") > HALF)
    row = judge(SECTION.claim("id", "It is so", *conditions), metrics)
    assert (row["verdict"], row["needed"]) == (HOLDS, "> 0.5")


def test_the_reason_has_both_numbers_and_the_explanation(metrics):
    condition = (measure("high") < 2 * measure("low")).otherwise("it is too high")
    row = judge(SECTION.claim("id", "It is so", condition), metrics)
    assert row["reason"] == (
        "The high of a is 0.80 ± 0.10, not below 2 times the low of a, 0.40 ± 0.20: it is too high."
    )
    assert row["needed"] == "< 2 times the low of a, 0.40 ± 0.20"
    held = (measure("high") > measure("low")).otherwise("it is too low")
    assert judge(SECTION.claim("id", "It is so", held), metrics)["reason"] == ""


def test_a_factor_says_why_as_a_bound_does(metrics):
    twice = Threshold(2, "as far again")
    condition = measure("high") < twice * measure("low")
    row = judge(SECTION.claim("id", "It is so", condition, measure("high") > HALF), metrics)
    expected = "high of a < 2 times the low of a (as far again); high of a > 0.5 (half of it)"
    assert row["test"] == expected
    assert row["needed"] == "< 2 times the low of a, 0.40 ± 0.20"


@pytest.mark.parametrize("name", ["absent", "absent.*"])
def test_a_measure_that_a_run_may_lack_leaves_its_claim_untested(metrics, name):
    lacking = measure(name, axis="noise", lacking="it takes more than was there")
    row = judge(SECTION.claim("id", "It is so", lacking > HALF), metrics)
    assert row["verdict"] == NOT_TESTED
    assert row["reason"].endswith("; it takes more than was there.")
    there = measure("by_scale.*", axis="noise", lacking="it takes more than was there")
    assert verdict(metrics, there > Threshold(0.3, "")) == HOLDS
    with pytest.raises(InputError, match=r"has no absent"):
        verdict(metrics, measure(name, axis="noise") > HALF)


def test_an_axis_is_named_in_the_test_and_its_worst_value_in_the_reason(metrics):
    by_scale = Measure("mixture", "a", "by_scale.*", "R² at {}", "σ")
    row = judge(SECTION.claim("id", "It is so", by_scale > HALF), metrics)
    assert row["test"] == "R² at every σ > 0.5 (half of it)"
    assert row["reason"] == "The R² at σ = 8 is 0.400 ± 0.010, not above 0.5."


def test_a_bound_that_two_conditions_share_is_explained_once(metrics):
    conditions = (measure("high") > HALF, measure("near") > HALF)
    row = judge(SECTION.claim("id", "It is so", *conditions), metrics)
    assert row["test"] == "high of a > 0.5; near of a > 0.5 (half of it)"


@pytest.mark.parametrize("n", [4, 8])
def test_the_reason_has_how_many_seeds_would_tell(tmp_path, monkeypatch, n):
    """By drawing them: with as many, half of all samples are decided."""
    monkeypatch.chdir(tmp_path)
    scatter = np.linspace(-1, 1, n)
    members = 0.5 + 0.2 * scatter / scatter.std(ddof=1) + 0.04
    write(tmp_path, "mixture", {"a": {"x": over_members(members), "same": over_members(scatter)}})
    row = judge(SECTION.claim("id", "It is so", measure("x") > HALF), evidence())
    needed = int(row["reason"].partition("; some ")[2].split()[0])
    assert row["reason"].endswith(f"seeds like these {n} would tell.")
    samples = np.random.default_rng(0).normal(0.54, 0.2, (4000, needed))
    low, _ = stats.t.interval(0.95, needed - 1, samples.mean(axis=1), stats.sem(samples, axis=1))
    assert np.mean(low > 0.5) == pytest.approx(0.5, abs=0.05)
    row = judge(SECTION.claim("id", "It is so", measure("same") > Threshold(0, "")), evidence())
    assert row["reason"].endswith(f"even 1,000 seeds like these {n} would hardly tell.")


def test_verdicts_are_counted(metrics):
    claims = [
        SECTION.claim("first", "", measure("high") > HALF),
        SECTION.claim("second", "", measure("low") > HALF),
        SECTION.claim("third", "", measure("near") > HALF),
        SECTION.claim("fourth", "", untested="By definition."),
        SECTION.claim("fifth", "", measure("high") > HALF),
    ]
    rows = [judge(claim, metrics) for claim in claims]
    assert counts(rows) == {HOLDS: 2, IN_PART: 0, UNDECIDED: 1, FAILS: 1, NOT_TESTED: 1}


def test_a_section_gives_its_claims_their_place():
    claim = SECTION.claim("id", "It is so", untested="By definition.")
    assert claim == Claim("id", "mixture", "1. Section", "It is so", (), "By definition.", "")
