"""Where the images come from, and what becomes of files that are not what they should be."""

import gzip
import os
from collections import Counter

import numpy as np
import pytest
from sklearn.datasets import load_digits

from jepatlas.common.base.parameters import InputError
from jepatlas.images.truth.datasets import framed, load
from jepatlas.images.truth.digits import digits, like_mnist
from jepatlas.images.truth.idx import array as idx
from jepatlas.images.truth.idx import parse
from jepatlas.images.truth.parameters import Data
from jepatlas.images.truth.sets import PUBLISHED
from tests.images import files
from tests.images.server import Server

IMAGES, LABELS = "train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
VARIABLE = "JEPATLAS_MNIST"
NOWHERE = Data(set="mnist", path="supplied", fallback=None)


@pytest.fixture(autouse=True)
def small(tmp_path, monkeypatch):
    """An empty folder to work in, and the checksums of the small files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "supplied").mkdir()
    files.expect(monkeypatch)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The four files in a folder that the environment names."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "mine"))
    return files.put(tmp_path / "mine")


@pytest.fixture
def raw(tmp_path):
    return tmp_path / "data/raw/mnist"


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server(files.zipped()) as server:
        yield server


@pytest.fixture
def mirrored(server, monkeypatch):
    """Parameters, with a mirror of the local server in the table of sets."""

    def make(mirror="good", fallback=None, data_set="mnist"):
        named = os.environ.get(VARIABLE)
        files.expect(monkeypatch, server.url(mirror), data_set=data_set)
        if named:
            monkeypatch.setenv(VARIABLE, named)
        return Data(set=data_set, path="supplied", fallback=fallback)

    return make


def assert_is_mnist(images):
    truth = files.arrays()
    assert images.data_set == "mnist"
    np.testing.assert_array_equal(images.train, truth["train-images-idx3-ubyte"])
    np.testing.assert_array_equal(images.train_labels, truth["train-labels-idx1-ubyte"])
    np.testing.assert_array_equal(images.test, truth["t10k-images-idx3-ubyte"])
    np.testing.assert_array_equal(images.test_labels, truth["t10k-labels-idx1-ubyte"])


def test_from_the_folder_that_the_environment_names(folder):
    assert_is_mnist(load(NOWHERE))


def test_files_may_be_decompressed_or_packed_anew(folder):
    (folder / f"{IMAGES}.gz").unlink()
    (folder / IMAGES).write_bytes(files.contents()[IMAGES])
    (folder / f"{LABELS}.gz").write_bytes(gzip.compress(files.contents()[LABELS], 9, mtime=5))
    assert_is_mnist(load(NOWHERE))


def test_from_data_raw(raw, server, mirrored):
    files.put(raw)
    assert_is_mnist(load(mirrored()))
    assert server.requests == []


def test_what_data_raw_lacks_is_downloaded_to_it_once(raw, server, mirrored):
    files.put(raw, IMAGES)
    assert_is_mnist(load(mirrored()))
    assert len(server.requests) == 3
    assert {path.name for path in raw.iterdir()} == files.zipped().keys()
    assert_is_mnist(load(NOWHERE))


def test_the_folder_comes_before_data_raw(folder, raw):
    files.put(raw)
    (raw / f"{IMAGES}.gz").write_bytes(b"damaged")
    assert_is_mnist(load(NOWHERE))


def flipped(content):
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 1
    return bytes(changed)


DAMAGE = {
    "truncated": lambda content: content[:-20],
    "a bit flipped": flipped,
    "other content, packed well": lambda content: gzip.compress(flipped(gzip.decompress(content))),
    "nonsense after the header": lambda content: content[:10] + b"\xff" * 50,
    "a page": lambda content: b"<!DOCTYPE html>",
    "empty": lambda content: b"",
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", [IMAGES, LABELS])
def test_a_damaged_file_is_named_and_no_other_source_asked(
    damage, name, folder, raw, server, mirrored
):
    files.put(raw)
    path = folder / f"{name}.gz"
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    with pytest.raises(InputError) as caught:
        load(mirrored(fallback="digits"))
    said = str(caught.value)
    assert said.startswith(f"{path}: damaged")
    assert "\n" not in said
    assert server.requests == []


def test_a_file_under_the_name_of_another_is_refused(folder):
    other = (folder / "t10k-images-idx3-ubyte.gz").read_bytes()
    (folder / f"{IMAGES}.gz").write_bytes(other)
    with pytest.raises(InputError, match=f"not MNIST's {IMAGES}: the MD5 of its content should"):
        load(NOWHERE)


def test_a_missing_file_is_named_and_no_other_source_asked(folder, raw, server, mirrored):
    files.put(raw)
    (folder / f"{LABELS}.gz").unlink()
    with pytest.raises(InputError, match=rf"^{VARIABLE}: .*mine has neither {LABELS} nor"):
        load(mirrored(fallback="digits"))
    assert server.requests == []


def test_a_missing_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "no/such")
    with pytest.raises(InputError, match=f"^{VARIABLE}: no/such is not a folder"):
        load(NOWHERE)


def test_a_damaged_file_in_data_raw_is_named_and_what_to_do(raw, server, mirrored):
    files.put(raw, IMAGES)
    path = raw / f"{IMAGES}.gz"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=rf"^data/raw/mnist/{IMAGES}\.gz: damaged.*; delete it"):
        load(mirrored(fallback="digits"))
    assert server.requests == []


def test_a_mirror_with_wrong_content_leaves_nothing_to_use(raw, server, mirrored):
    with pytest.raises(InputError, match=r"no copy of MNIST .*has wrong content.*fallback is null"):
        load(mirrored("wrong"))
    assert not [*raw.iterdir()]


def test_the_fallback_warns_in_a_frame(server, capsys, mirrored):
    assert load(mirrored("missing", fallback="digits")).data_set == "digits"
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == lines[-1] == "*" * len(lines[0])
    assert all(line[0] == line[-1] == "*" and len(line) == len(lines[0]) for line in lines)
    assert len(lines[0]) <= 80
    text = "".join(line[2:-2].strip() for line in lines)
    for named in ("MNIST IS MISSING", "1,797 digits", "into supplied", "answers 404"):
        assert named in text


def test_digits_when_they_are_asked_for(monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, "no/such")
    assert load(Data(set="digits", path="supplied", fallback=None)).data_set == "digits"
    assert capsys.readouterr().err == ""


def test_supplied_files_come_before_all_others(folder, raw):
    files.put(folder.parent / "supplied")
    for other in (folder, files.put(raw)):
        (other / f"{IMAGES}.gz").write_bytes(b"damaged")
    assert_is_mnist(load(NOWHERE))


def test_a_set_that_was_supplied_in_part_is_not_passed_over(raw, server, mirrored, tmp_path):
    files.put(raw)
    files.put(tmp_path / "supplied", IMAGES)
    with pytest.raises(InputError, match=r"images\.data\.path: supplied has neither .* nor .*\.gz"):
        load(mirrored(fallback="digits"))
    assert server.requests == []


@pytest.mark.parametrize("data_set", ["fashion_mnist", "kmnist"])
def test_other_published_sets(data_set, server, mirrored, tmp_path):
    images = load(mirrored(data_set=data_set))
    assert images.data_set == data_set
    assert images.title == PUBLISHED[data_set].title
    assert len(images.classes) == 10
    np.testing.assert_array_equal(images.train, files.arrays()[IMAGES])
    assert (tmp_path / "data/raw" / data_set / f"{IMAGES}.gz").is_file()
    packed_anew = gzip.compress(files.contents()[IMAGES], 1, mtime=7)
    (tmp_path / "data/raw" / data_set / f"{IMAGES}.gz").write_bytes(packed_anew)
    with pytest.raises(InputError, match="the MD5 of the file, packed as it was published, should"):
        load(mirrored(data_set=data_set))


def test_the_fallback_of_another_set_names_it(mirrored, capsys):
    assert load(mirrored("missing", "digits", "kmnist")).data_set == "digits"
    assert "KMNIST IS MISSING" in capsys.readouterr().err


def test_a_missing_path_is_named():
    with pytest.raises(InputError, match=r"images\.data\.path: there is no nowhere"):
        load(Data(set="digits", path="nowhere", fallback=None))


def test_the_frame():
    assert framed("a\nbcd") == "*******\n* a   *\n* bcd *\n*******"


def test_idx():
    """The bytes of two images of 2 x 3, written out."""
    content = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, *range(12)])
    expected = [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]
    np.testing.assert_array_equal(idx(content, "it", axes=3), expected)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "begins with nothing, has 0 bytes"),
        (b"\0\0\x08\x01\0\0", "begin with 00000801 .* has 6 bytes"),
        (b"\0\0\x08\x03\0\0\0\x01\x05", "begin with 00000801 .* begins with 00000803"),
        (b"\0\0\x0d\x01\0\0\0\x01\x05", "begin with 00000801 .* begins with 00000d01"),
        (b"\0\0\x08\x01\0\0\0\x02\x05", r"says \[2\], 2 values; 1 follow"),
        (b"\0\0\x08\x01\0\0\0\x01\x05\x05", r"says \[1\], 1 values; 2 follow"),
        (b"\0\0\x08\x01\xff\xff\xff\xff\x05", r"says \[4294967295\].* 1 follow"),
    ],
)
def test_what_is_no_idx_file_of_labels_is_named(content, said):
    with pytest.raises(InputError, match=f"^the-file: .*{said}"):
        idx(content, "the-file", axes=1)


@pytest.mark.parametrize(
    ("name", "array", "said"),
    [
        (IMAGES, np.zeros((files.TRAIN, 28, 27), np.uint8), r"should have one size.*\[28, 27\]"),
        (IMAGES, np.zeros((files.TRAIN, 28, 65), np.uint8), r"'train_images' .*12, 28, 65"),
        (IMAGES, np.zeros((files.TRAIN + 1, 28, 28), np.uint8), "13 images, 12 labels"),
        (LABELS, np.array([1, 2, 10, 3, 4], np.uint8), "'test_labels': label 2 .*0 to 9, is 10"),
    ],
)
def test_files_that_do_not_hold_images_and_labels_are_named(name, array, said):
    with pytest.raises(InputError, match=said):
        parse({**files.contents(), name: files.packed(array)}, "mnist", PUBLISHED["mnist"])


def test_digits_are_divided_once_and_evenly():
    images, again, source = digits(), digits(), load_digits()
    assert (images.train.shape, images.test.shape) == ((1297, 28, 28), (500, 28, 28))
    np.testing.assert_array_equal(images.train, again.train)
    np.testing.assert_array_equal(images.test_labels, again.test_labels)

    expected = np.bincount(source.target) * 500 / 1797
    assert np.abs(np.bincount(images.test_labels) - expected).max() < 1

    def pairs(pictures, labels):
        return Counter((p.tobytes(), int(d)) for p, d in zip(pictures, labels, strict=True))

    parts = pairs(images.train, images.train_labels) + pairs(images.test, images.test_labels)
    assert parts == pairs(like_mnist(source.images), source.target)


def test_digits_look_like_mnist():
    """Black around a box of 20 x 20 that holds the same picture, with the whole range of greys."""
    small = load_digits().images[:200]
    large = like_mnist(small)
    assert (large.dtype, large.min(), large.max()) == (np.uint8, 0, 255)
    box = large[:, 4:24, 4:24].astype(float)
    assert large.sum() == box.sum()

    # Brightness and its centre are kept: a pixel of 8 x 8 is 2.5 x 2.5 of 20 x 20.
    mean = small.mean((1, 2)) * 255 / 16
    np.testing.assert_allclose(box.mean((1, 2)), mean, rtol=0.12)
    for axis in (1, 2):
        np.testing.assert_allclose(centre(box, axis), 2.5 * centre(small, axis), atol=0.4)

    # Averaged over the 2 x 2 corners of the box, quarters of the picture keep their light.
    quarters = box.reshape(-1, 2, 10, 2, 10).mean((2, 4))
    truth = small.reshape(-1, 2, 4, 2, 4).mean((2, 4)) * 255 / 16
    assert np.corrcoef(quarters.ravel(), truth.ravel())[0, 1] > 0.99


def centre(images, axis):
    """Along an axis, the centre of the light, in pixels from the edge."""
    light = images.sum(3 - axis)
    return light @ (np.arange(light.shape[1]) + 0.5) / light.sum(1)
