"""Summaries against scipy's interval; the effective rank of matrices with known singular values."""

import numpy as np
import pytest
from scipy import stats

from jepatlas.common.measuring.statistics import effective_rank, over_members, summary


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


def test_members_are_kept_where_they_are_asked_for():
    found = over_members(np.array([1, 2, 4]))
    assert found.pop("members") == [1, 2, 4]
    assert found == summary([1, 2, 4])


def normal(*shape):
    return np.random.default_rng(0).normal(size=shape)


def rotation(dimension):
    return np.linalg.qr(normal(dimension, dimension))[0]


@pytest.mark.parametrize("singular", [[3.0, 2.0, 1.0], [5.0, 1e-3], [1.0], [2.0, 2.0, 0.0, 0.0]])
def test_effective_rank_of_known_singular_values(singular):
    left = np.linalg.qr(normal(40, len(singular)))[0]
    z = left * singular @ rotation(6)[: len(singular)]
    positive = np.array([s for s in singular if s > 0])
    p = positive / positive.sum()
    # exp(entropy) is the product of p^-p.
    assert effective_rank(z) == pytest.approx(np.prod(p**-p), rel=1e-9)


@pytest.mark.parametrize("rank", [1, 2, 5])
def test_equal_singular_values_count_one_each(rank):
    z = np.linalg.qr(normal(40, rank))[0] @ rotation(8)[:rank]
    assert effective_rank(z) == pytest.approx(rank, rel=1e-9)
    assert effective_rank(1e-6 * z) == pytest.approx(rank, rel=1e-9)


def test_a_constant_map_has_rank_1():
    assert effective_rank(np.tile(normal(6), (50, 1))) == pytest.approx(1, abs=1e-9)
