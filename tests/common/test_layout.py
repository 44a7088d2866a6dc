"""What the arrays of a file should be, and the one line about one that is not."""

import numpy as np
import pytest

from jepatlas.common.base.layout import check

LAYOUT = {"points": "float64 members n 2", "labels": "int64 n", "steps": "int64"}


def arrays(**changes):
    made = {"points": np.zeros((3, 5, 2)), "labels": np.zeros(5, int), "steps": np.array(1)}
    return made | changes


def test_arrays_that_fit():
    check(arrays(other=np.array("whatever")), LAYOUT)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("points", np.zeros((3, 5, 2), np.float32), "float64 [members, n, 2], is float32"),
        ("points", np.zeros((3, 5, 3)), "should be float64 [members, n, 2], is float64 [3, 5, 3]"),
        ("points", np.zeros((5, 2)), "is float64 [5, 2]"),
        ("labels", np.zeros(4, int), "should be int64 [5], is int64 [4]"),
        ("labels", np.zeros(5, bool), "is bool [5]"),
        ("steps", np.zeros(1, int), "should be int64 [], is int64 [1]"),
    ],
)
def test_one_that_does_not(name, array, message):
    with pytest.raises(ValueError, match=f"^the array {name} should be ") as caught:
        check(arrays(**{name: array}), LAYOUT)
    assert message in str(caught.value)


def test_one_that_is_missing():
    with pytest.raises(ValueError, match=r"^lacks the array labels$"):
        check({"points": np.zeros((3, 5, 2))}, LAYOUT)


DRAWN = {
    "grid": "float _ _ 2",
    "*/grid": "float kept _ 2",
    "*/steps": "int kept",
    "names": "text n",
}


def drawn(**changes):
    made = {"grid": np.zeros((7, 9, 2)), "names": np.array(["a", "bc"])}
    for world, kept in (("banana", 3), ("arm", 4)):
        made |= {f"{world}/grid": np.zeros((kept, 5, 2), np.float32)}
        made |= {f"{world}/steps": np.zeros(kept, np.uint16), f"{world}/more": np.zeros(1)}
    return made | changes


def test_a_star_is_for_all_that_match_with_sizes_of_their_own():
    check(drawn(), DRAWN)
    check({"grid": np.zeros((7, 9, 2)), "names": np.array([], str)}, DRAWN)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("arm/grid", np.zeros((4, 5, 3)), "float [kept, _, 2], is float64 [4, 5, 3]"),
        ("arm/grid", np.zeros((4, 5, 2), int), "float [kept, _, 2], is int64 [4, 5, 2]"),
        ("arm/steps", np.zeros(3, int), "should be int [4], is int64 [3]"),
        ("banana/steps", np.zeros(3), "should be int [3], is float64 [3]"),
        ("names", np.zeros(3), "should be text [n], is float64 [3]"),
    ],
)
def test_one_of_them_that_does_not(name, array, message):
    with pytest.raises(ValueError, match=f"^the array {name} should be ") as caught:
        check(drawn(**{name: array}), DRAWN)
    assert message in str(caught.value)
