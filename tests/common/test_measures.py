"""The table of what was measured: nested summaries in, rows out, and numbers by their names."""

import math

import pandas as pd
import pytest

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import write_csv
from jepatlas.common.measuring import measures
from jepatlas.common.measuring.measures import COLUMNS, Measure, Measures

NUMBERS = {"mean": 0.5, "ci95": 0.1, "min": 0.25, "max": 0.75}
SUMMARY = NUMBERS | {"members": [0.25, 0.5, 0.75]}
ONE_SEED = {"mean": 0.5, "ci95": None, "min": 0.5, "max": 0.5}
NESTED = {"well": {"depth": SUMMARY, "exact": 2}, "by.scale": {"0": ONE_SEED, "10": SUMMARY}}


@pytest.fixture
def table():
    return measures.table("a", NESTED)


@pytest.fixture
def read(tmp_path, table):
    """Two methods' measures, written and read."""
    other = measures.table("b", {"well": {"depth": 1.0}})
    write_csv(tmp_path / "toy/tables/measures.csv", measures.joined([table, other]))
    return Measures.read("toy", tmp_path)


def test_a_row_is_one_number_of_one_method(table):
    assert tuple(table.columns) == COLUMNS
    rows = table.set_index("measure")
    assert list(rows.index) == ["well.depth", "well.exact", "by.scale.0", "by.scale.10"]
    assert set(rows["method"]) == {"a"}
    assert tuple(rows.loc["well.depth"][1:]) == (0.5, 0.1, 0.25, 0.75, "0.25 0.5 0.75")
    assert tuple(rows.loc["well.exact"][1:]) == (2, 0, 2, 2, "")  # exact: no interval is needed
    assert math.isnan(rows.loc["by.scale.0", "ci95"])


def test_what_is_nested_again_is_what_was_measured(table):
    exact = {"mean": 2.0, "ci95": 0.0, "min": 2.0, "max": 2.0}
    found = measures.nested(table)
    assert found["well"] == {"depth": NUMBERS, "exact": exact}
    assert found["by"]["scale"] == {"0": ONE_SEED, "10": NUMBERS}


def test_numbers_are_found_by_their_names(read):
    assert read.methods == ["a", "b"]
    assert read.get("b", "well.depth") == Measure(1, 0, 1, 1)
    assert read.get("a", "well.depth") == Measure(*NUMBERS.values(), (0.25, 0.5, 0.75))
    assert read.get("a", "by.scale.0").members == ()
    assert read.has("a", "well.exact")
    assert not read.has("b", "well.exact")
    assert math.isnan(read.get("a", "by.scale.0").ci95)


def test_what_lies_below_a_name(read):
    assert read.below("a", "by.scale") == ["0", "10"]
    assert read.below("a", "well") == ["depth", "exact"]
    assert read.below("a", "by") == ["scale"]
    assert read.below("a", "wel") == read.below("b", "by.scale") == []


@pytest.mark.parametrize(("method", "name"), [("b", "well.exact"), ("c", "well.depth"), ("a", "")])
def test_a_number_that_is_not_there_is_named(read, method, name):
    with pytest.raises(InputError, match=rf"toy/tables/measures\.csv: has no {name} of {method}$"):
        read.get(method, name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file; `dvc repro` makes it"),
        (b"", "not a table"),
        (b"a,b\n1,2\n", "lacks the column method"),
        (b"method,measure\na,b\n", "lacks the column members"),
        (
            b"method,measure,mean,ci95,min,max,members\na,b,1,much,0,2,\n",
            "the column ci95 should hold numbers; `dvc repro` makes it anew",
        ),
        (b"\xff\xfe\x00", "not a table"),
    ],
)
def test_an_unusable_table_is_named(tmp_path, content, message):
    path = tmp_path / "toy/tables/measures.csv"
    path.parent.mkdir(parents=True)
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as refusal:
        Measures.read("toy", tmp_path)
    assert str(refusal.value).startswith(f"{path}: {message}")
    assert "\n" not in str(refusal.value)


def test_headlines_are_the_means_of_what_the_method_has(table):
    names = {"depth": "well.depth", "other": "not.measured"}
    assert measures.headlines(table, names) == {"depth": 0.5}
    assert measures.headlines(pd.DataFrame(columns=list(COLUMNS)), names) == {}
