"""Images of one's own: folders of PNGs and arrays, and what is refused of them."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from jepatlas.common.base.parameters import InputError
from jepatlas.images.learning.fitting import held_out
from jepatlas.images.truth.own import own
from tests.images.worlds import strokes, write_strokes

SHAPE = (17, 40)


@pytest.fixture
def folder(tmp_path):
    """Two classes of twenty images each, in folders."""
    write_strokes(tmp_path, SHAPE)
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


def test_folders_are_in_the_order_of_the_numbers_in_their_names(folder):
    (folder / "lying").rename(folder / "10")
    (folder / "standing").rename(folder / "9")
    expected = [
        (np.asarray(Image.open(file)).tobytes(), file.parent.name)
        for file in folder.glob("*/*.png")
    ]
    assert own(folder).classes == ("9", "10")
    assert pictures(own(folder)) == sorted(expected)


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
    assert found.classes == tuple(f"class {k}" for k in range(12))
    assert found.shape == (8, 64)
    expected = [(x.tobytes(), name) for x, name in zip(images, names.tolist(), strict=True)]
    assert pictures(found) == sorted(expected)


def test_pngs_may_be_called_png_in_capitals_and_what_is_hidden_does_not_count(folder):
    for number in range(5):
        file = folder / "lying" / f"{number}.png"
        file.rename(file.with_suffix(".PNG"))
    (folder / ".cache").mkdir()
    (folder / "lying" / ".DS_Store").write_bytes(b"of a system")
    images = own(folder)
    assert images.classes == ("lying", "standing")
    assert len(images.train) + len(images.test) == 40


def test_an_archive_may_say_which_are_test_images(tmp_path):
    images, labels = strokes(60, shape=SHAPE)
    split = np.where(np.arange(60) % 3 == 0, "test", "train")
    order = np.argsort(labels, kind="stable")  # as people's files are: class after class
    given = {"images": images[order], "labels": labels[order], "split": split[order]}
    found = own(arrays(tmp_path / "images.npz", **given))
    for part, pixels, shown in (
        ("train", found.train, found.train_labels),
        ("test", found.test, found.test_labels),
    ):
        expected = [(x.tobytes(), int(y)) for x, y in zip(images, labels, strict=True)]
        expected = [pair for pair, of in zip(expected, split, strict=True) if of == part]
        pairs = [(x.tobytes(), int(y)) for x, y in zip(pixels, shown, strict=True)]
        assert sorted(pairs) == sorted(expected)
    again = own(tmp_path)
    np.testing.assert_array_equal(found.train, again.train)
    # The last of the training images are held out, so they must not be those of one class.
    assert np.abs(np.diff(found.train_labels.astype(int))).sum() > 5


def test_the_fewest_images_that_are_taken_leave_some_to_hold_out(folder):
    for file in folder.glob("*/1?.png"):
        file.unlink()
    images = own(folder)
    assert (len(images.train), len(images.test)) == (16, 4)
    assert held_out(len(images.train)) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"split": np.array(["train"] * 59)}, "'split' should have one word for each of 60"),
        ({"split": np.array(["train", "valid"] * 30)}, "hold 'train' or 'test', has valid"),
        ({"split": np.arange(60) % 2}, "hold 'train' or 'test', has 0"),
        ({"split": np.array(["train"] * 60)}, "'5' should have 2 test images or more, has 0"),
        ({"split": np.array(["test"] * 60)}, "'5' should have 8 train images or more, has 0"),
        ({"splits": np.zeros(60)}, "unknown array 'splits'; it takes images, labels, split"),
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


def bomb(folder):
    """A few bytes that say they are 60,000 pixels wide and high."""
    file = folder / "lying" / "3.png"
    content = bytearray(file.read_bytes())
    content[16:24] = struct.pack(">II", 60_000, 60_000)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    file.write_bytes(content)


def cut_header(folder):
    file = folder / "lying" / "3.png"
    content = bytearray(file.read_bytes())
    content[8:12] = struct.pack(">I", 5)
    file.write_bytes(content)


def too_wide(folder):
    Image.new("L", (65, 17)).save(folder / "lying" / "3.png")


def photograph(folder):
    Image.new("L", SHAPE[::-1]).save(folder / "lying" / "3.jpg")


def folder_inside(folder):
    (folder / "lying" / "more").mkdir()


def loose(folder):
    Image.new("L", SHAPE[::-1]).save(folder / "3.png")


def an_archive_beside(folder):
    arrays(folder / "images.npz")


def an_empty_class(folder):
    (folder / "leaning").mkdir()


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
        (bomb, r"3\.png: damaged, or not a PNG \(Image size"),
        (cut_header, r"3\.png: damaged, or not a PNG"),
        (too_wide, r"3\.png: should be 8 to 64 pixels per side, is 65 x 17"),
        (photograph, r"3\.jpg: the folder of a class should hold PNGs and nothing else"),
        (folder_inside, r"more: the folder of a class should hold PNGs and nothing else"),
        (loose, r"3\.png: should lie in the folder of its class"),
        (an_archive_beside, r"images\.npz or folders of classes, has both \(the folder 'lying'\)"),
        (an_empty_class, "the class 'leaning' should have 10 images or more, has 0"),
        (emptied, "has no folders of PNGs"),
        (few, "the class 'standing' should have 10 images or more, has 9"),
    ],
)
def test_files_that_cannot_be_used_are_named(folder, spoil, said):
    spoil(folder)
    with pytest.raises(InputError, match=said) as caught:
        own(folder)
    assert "\n" not in str(caught.value)
