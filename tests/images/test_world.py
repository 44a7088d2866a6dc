"""The images as a file, and what is refused."""

import numpy as np
import pytest

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import read_arrays, write_arrays
from jepatlas.images.truth.world import Images

DRAW = np.random.default_rng(2)
ARRAYS = {
    "train_images": DRAW.integers(0, 256, (7, 28, 28), np.uint8),
    "train_labels": DRAW.integers(0, 10, 7, np.uint16),
    "test_images": DRAW.integers(0, 256, (3, 28, 28), np.uint8),
    "test_labels": np.array([0, 9, 5], np.uint16),
    "data_set": np.array("digits"),
    "title": np.array("some digits"),
    "classes": np.array([f"c{k}" for k in range(10)]),
}


def test_images_survive_a_file(tmp_path):
    path = tmp_path / "images.npz"
    write_arrays(path, Images.from_arrays(ARRAYS).arrays())
    found = read_arrays(path)
    assert found.keys() == ARRAYS.keys()
    again = Images.from_arrays(found)
    assert again.data_set == "digits"
    assert type(again.data_set) is str
    assert (again.title, again.classes[3], again.shape) == ("some digits", "c3", (28, 28))
    np.testing.assert_array_equal(again.train, ARRAYS["train_images"])
    np.testing.assert_array_equal(again.train_labels, ARRAYS["train_labels"])
    np.testing.assert_array_equal(again.test, ARRAYS["test_images"])
    np.testing.assert_array_equal(again.test_labels, ARRAYS["test_labels"])


@pytest.mark.parametrize("name", ARRAYS)
def test_a_missing_array_is_named(name):
    arrays = {key: array for key, array in ARRAYS.items() if key != name}
    with pytest.raises(InputError, match=rf"lack the array '{name}'"):
        Images.from_arrays(arrays)


@pytest.mark.parametrize(
    ("name", "array", "said"),
    [
        ("train_images", np.zeros((7, 28, 27), np.uint8), r"one size, have \[28, 27\] and"),
        ("train_images", np.zeros((7, 784), np.uint8), r"'train_images' .* is \[7, 784\]"),
        ("train_images", np.zeros((7, 7, 28), np.uint8), r"'train_images' .* is \[7, 7, 28\]"),
        ("train_images", np.zeros((7, 65, 28), np.uint8), r"8 to 64 .* is \[7, 65, 28\]"),
        ("train_images", np.array(0, np.uint8), r"'train_images' .* is \[\]"),
        ("test_images", np.zeros((0, 28, 28), np.uint8), r"'test_images' .* one or more"),
        ("test_images", np.zeros((3, 28, 28)), r"'test_images' .* uint8, holds float64"),
        ("test_images", np.zeros((4, 28, 28), np.uint8), r"'test_images'.*4 images, 3 labels"),
        ("train_labels", np.zeros(6, np.uint16), r"'train_labels'.*7 images, 6 labels"),
        ("train_labels", np.zeros(8, np.uint16), r"'train_labels'.*7 images, 8 labels"),
        ("train_labels", np.zeros((7, 1), np.uint16), r"'train_labels' .* is \[7, 1\]"),
        ("train_labels", np.zeros(7, np.int64), r"'train_labels' .* uint16, holds int64"),
        ("test_labels", np.array([0, 10, 5], np.uint16), r"'test_labels': label 1 .* is 10"),
        ("test_labels", np.zeros(0, np.uint16), r"'test_labels' .* one or more"),
    ],
)
def test_an_array_that_does_not_fit_is_named(name, array, said):
    with pytest.raises(InputError, match=said):
        Images.from_arrays({**ARRAYS, name: array})
