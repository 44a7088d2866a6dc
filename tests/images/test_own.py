"""Images of one's own: folders of PNGs and arrays, and what is refused of them."""

import numpy as np
import pytest
from PIL import Image

from jepatlas.common.base.parameters import InputError
from jepatlas.images.truth.own import own
from tests.images.worlds import strokes

SHAPE = (17, 40)


@pytest.fixture
def folder(tmp_path):
    """Two classes of twenty images each, in folders."""
    images, labels = strokes(60, shape=SHAPE)
    for label, name in enumerate(("lying", "standing")):
        (tmp_path / name).mkdir()
        for number, image in enumerate(images[labels == label][:20]):
            Image.fromarray(image).save(tmp_path / name / f"{number}.png")
    return tmp_path


def arrays(path, **changes):
    images, labels = strokes(60, shape=SHAPE)
    found = {"images": images, "labels": labels.astype(np.int64) + 5} | changes
    np.savez(path, **{name: array for name, array in found.items() if array is not None})
    return path


def pictures(images):
    """The images as a set, whatever their order."""
    parts = [(images.train, images.train_labels), (images.test, images.test_labels)]
    return sorted(
        (pixels.tobytes(), images.classes[label])
        for part in parts
        for pixels, label in zip(*part, strict=True)
    )


def test_a_folder_of_folders(folder):
    images = own(folder)
    assert images.classes == ("lying", "standing")
    assert images.shape == SHAPE
    assert (len(images.train), len(images.test)) == (32, 8)
    assert np.bincount(images.test_labels).tolist() == [4, 4]
    expected = [
        (np.asarray(Image.open(file)).tobytes(), file.parent.name)
        for file in folder.glob("*/*.png")
    ]
    assert pictures(images) == sorted(expected)
    again = own(folder)
    np.testing.assert_array_equal(images.train, again.train)


@pytest.mark.parametrize("inside", [False, True])
def test_arrays(tmp_path, inside):
    path = arrays(tmp_path / "images.npz")
    images = own(tmp_path if inside else path)
    assert images.classes == ("5", "6")
    assert len(images.train) + len(images.test) == 60
    truth, labels = strokes(60, shape=SHAPE)
    expected = [(x.tobytes(), str(y + 5)) for x, y in zip(truth, labels, strict=True)]
    assert pictures(images) == sorted(expected)


def test_labels_may_be_words_and_classes_many(tmp_path):
    images = np.random.default_rng(0).integers(256, size=(360, 8, 64)).astype(np.uint8)
    names = np.array([f"class {k % 12}" for k in range(360)])
    found = own(arrays(tmp_path / "images.npz", images=images, labels=names))
    assert len(found.classes) == 12
    assert found.shape == (8, 64)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": None}, "lacks the array 'labels'"),
        ({"images": np.zeros((60, 17, 65), np.uint8)}, r"8 to 64 pixels .* \[60, 17, 65\]"),
        ({"images": np.zeros((60, 17, 40))}, "uint8, holds float64"),
        ({"images": np.zeros((60, 17, 40, 3), np.uint8)}, r"\[60, 17, 40, 3\]"),
        ({"labels": np.zeros(59, int)}, "one label for each of 60 images"),
        ({"labels": np.zeros(60)}, "integers or text, holds float64"),
        ({"labels": np.zeros(60, int)}, "one class only, '0'"),
        ({"labels": np.arange(60) // 59}, "the class '1' should have 10 images or more, has 1"),
    ],
)
def test_arrays_that_cannot_be_used_are_named(tmp_path, changes, said):
    path = arrays(tmp_path / "mine.npz", **changes)
    with pytest.raises(InputError, match=f"mine.npz.*{said}"):
        own(path)


def colour(folder):
    Image.new("RGB", SHAPE[::-1]).save(folder / "lying" / "3.png")


def sixteen_bits(folder):
    Image.fromarray(np.zeros(SHAPE, np.uint16)).save(folder / "lying" / "3.png")


def another_size(folder):
    Image.new("L", (12, 12)).save(folder / "standing" / "3.png")


def damaged(folder):
    file = folder / "lying" / "3.png"
    file.write_bytes(file.read_bytes()[:40])


def emptied(folder):
    for file in folder.glob("*/*.png"):
        file.unlink()


def few(folder):
    for number in range(11, 20):
        (folder / "standing" / f"{number}.png").unlink()
    (folder / "standing" / "0.png").unlink()
    (folder / "standing" / "1.png").unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (colour, r"3\.png: should be grey .* is of mode RGB"),
        (sixteen_bits, r"3\.png: should be grey .* is of mode I;16"),
        (another_size, r"3\.png: is 12 x 12, but .*0\.png is 40 x 17"),
        (damaged, r"3\.png: damaged, or not a PNG"),
        (emptied, "has no folders of PNGs"),
        (few, "the class 'standing' should have 10 images or more, has 9"),
    ],
)
def test_files_that_cannot_be_used_are_named(folder, spoil, said):
    spoil(folder)
    with pytest.raises(InputError, match=said) as caught:
        own(folder)
    assert "\n" not in str(caught.value)
