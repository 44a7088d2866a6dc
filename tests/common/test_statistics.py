"""Summaries against scipy's interval."""

import numpy as np
import pytest
from scipy import stats

from jepatlas.common.statistics import summary


@pytest.mark.parametrize("n", [2, 3, 8, 40])
def test_interval_is_scipys(n):
    values = np.random.default_rng(n).normal(3, 2, size=n)
    found = summary(values)
    low, high = stats.t.interval(0.95, n - 1, loc=values.mean(), scale=stats.sem(values))
    assert found["mean"] - found["ci95"] == pytest.approx(low, rel=1e-12)
    assert found["mean"] + found["ci95"] == pytest.approx(high, rel=1e-12)
    assert (found["min"], found["max"]) == (sorted(values)[0], sorted(values)[-1])


def test_the_interval_covers_as_often_as_it_says():
    samples = np.random.default_rng(0).normal(size=(2000, 5))
    covered = [abs(found["mean"]) < found["ci95"] for found in map(summary, samples)]
    assert np.mean(covered) == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 2000))


def test_of_one_member_the_width_is_unknown():
    found = summary([2.5])
    assert np.isnan(found.pop("ci95"))
    assert found == {"mean": 2.5, "min": 2.5, "max": 2.5}


def test_equal_members_have_no_width():
    assert summary([0.5] * 4) == {"mean": 0.5, "ci95": 0, "min": 0.5, "max": 0.5}


@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_unknown_member_makes_all_unknown(position):
    values = [1.0, 2.0, 3.0]
    values[position] = np.nan
    assert all(np.isnan(number) for number in summary(values).values())


@pytest.mark.parametrize("values", [[1, 2, 4], (1, 2, 4), np.array([1, 2, 4], dtype=np.float32)])
def test_results_are_plain_floats(values):
    found = summary(values)
    assert {type(number) for number in found.values()} == {float}
    assert found["mean"] == pytest.approx(7 / 3, rel=1e-12)
