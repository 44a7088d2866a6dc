"""Files: whole or absent, refused by name, rounded to six digits."""

import gc
import json
import math
import pickle
import re
import resource
import traceback

import numpy as np
import pandas as pd
import pytest
import torch

from jepatlas.common.base import storage
from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.stage import NO_PLACE
from jepatlas.common.base.storage import (
    read_arrays,
    read_csv,
    read_json,
    rounded,
    write,
    write_arrays,
    write_csv,
    write_json,
)
from jepatlas.common.learning.checkpoint import Checkpoint
from jepatlas.common.learning.weights import write_tensors

ARRAYS = {
    "points": np.arange(6.0).reshape(2, 3),
    "labels": np.array([3, 1, 2]),
    "flags": np.array([True, False]),
    "single": np.float32(0.1) * np.ones(2, dtype=np.float32),
    "empty": np.zeros((0, 2)),
}


# Whole or absent


def half_written(path):
    path.write_text("half")
    raise RuntimeError("the disk is full")


def interrupted(path):
    path.write_text("half")
    raise KeyboardInterrupt


@pytest.mark.parametrize("save", [half_written, interrupted])
@pytest.mark.parametrize("old", [None, "old"])
def test_a_failing_writer_leaves_what_was_there(tmp_path, save, old):
    path = tmp_path / "metrics.json"
    if old:
        path.write_text(old)
    with pytest.raises((RuntimeError, KeyboardInterrupt)):
        write(path, save)
    assert [file.name for file in tmp_path.iterdir()] == (["metrics.json"] if old else [])
    assert not old or path.read_text() == old


def test_a_writer_that_fails_before_writing_keeps_its_own_error(tmp_path):
    def save(path):
        raise RuntimeError("nothing to write")

    with pytest.raises(RuntimeError, match="nothing to write"):
        write(tmp_path / "a.txt", save)


def test_the_name_appears_only_when_the_file_is_whole(tmp_path):
    path = tmp_path / "new" / "folder" / "a.txt"

    def save(temporary):
        assert temporary.parent == path.parent, "a rename is atomic within a folder only"
        assert temporary.suffix == path.suffix
        temporary.write_text("whole")
        assert not path.exists()

    write(path, save)
    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("writer", "good", "bad", "read"),
    [
        (write_arrays, {"a": [1]}, {"a": np.array([{}])}, read_arrays),
        (write_json, {"a": 1}, {"a": object()}, read_json),
    ],
)
def test_what_cannot_be_written_leaves_the_old_file(tmp_path, writer, good, bad, read):
    path = tmp_path / "file.npz"
    writer(path, good)
    with pytest.raises((ValueError, TypeError)):
        writer(path, bad)
    assert read(path) == good
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "save",
    [
        lambda path: write_arrays(path, {"a": np.zeros(9000)}),
        lambda path: write_json(path, [0.5] * 9000),
        lambda path: write_csv(path, pd.DataFrame({"a": np.zeros(9000)})),
        lambda path: write_tensors(path, {"a": torch.zeros(9000)}),
        lambda path: Checkpoint(path).save({"a": torch.zeros(9000)}),
    ],
    ids=["arrays", "json", "csv", "tensors", "checkpoint"],
)
def test_a_disk_without_room_is_an_error_that_says_so_and_loses_nothing(tmp_path, save):
    """A limit on the size of files in place of a full disk: what cannot be written is as far."""
    path = tmp_path / "a.csv"
    path.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            save(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.errno in NO_PLACE
    assert caught.value.filename == str(path)
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]
    assert path.read_text() == "old"
    # The error's frames hold a BytesIO and a view of it, and this frame the error. A collector that
    # finds them all at once may close the BytesIO first, which Python 3.12 and 3.13 do not take.
    traceback.clear_frames(caught.tb)


# Arrays


def test_arrays_round_trip(tmp_path):
    path = tmp_path / "a.npz"
    write_arrays(path, ARRAYS)
    read = read_arrays(path)
    assert read.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


def test_the_same_arrays_are_the_same_bytes(tmp_path):
    """Or DVC would think that a stage's output has changed."""
    contents = []
    for name in ("a.npz", "b.npz"):
        write_arrays(tmp_path / name, ARRAYS)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]


def refusal(read, path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("read", [read_arrays, read_json])
def test_a_missing_file_is_named(tmp_path, read):
    message = refusal(read, tmp_path / "none")
    assert message.endswith("no such file; `dvc repro` makes it")


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.7, 0.9, 0.999])
def test_truncated_arrays_are_refused(tmp_path, share):
    path = tmp_path / "a.npz"
    write_arrays(path, ARRAYS)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert "damaged, or not an .npz file (" in refusal(read_arrays, path)


def test_flipped_bits_are_refused_or_without_effect(tmp_path):
    """The archive has checksums; whatever else a bit can hit must not end in a traceback."""
    path = tmp_path / "a.npz"
    array = np.array([1.5, -2.0])
    write_arrays(path, {"a": array})
    content = path.read_bytes()
    refused = 0
    for position in range(len(content)):
        damaged = bytearray(content)
        damaged[position] ^= 1 << position % 8
        path.write_bytes(damaged)
        try:
            read = read_arrays(path)
        except InputError:
            refused += 1
        else:
            np.testing.assert_array_equal(read.get("a", array), array)
    assert refused > len(content) / 3


def test_a_damaged_archive_is_closed_again(tmp_path):
    """An open file that is lost is a ResourceWarning, and so an error here."""
    path = tmp_path / "a.npz"
    write_arrays(path, ARRAYS)
    path.write_bytes(path.read_bytes()[:-30])
    refusal(read_arrays, path)
    gc.collect()


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


def save_pickled_array(path):
    with path.open("wb") as file:
        np.savez(file, good=np.ones(2), bad=np.array([Bomb()], dtype=object))


def save_single_array(path):
    with path.open("wb") as file:
        np.save(file, np.ones(2))


@pytest.mark.parametrize(
    "save",
    [
        save_pickled_array,
        save_single_array,
        lambda path: path.write_bytes(pickle.dumps(Bomb())),
        lambda path: path.write_text("no arrays here"),
        lambda path: path.mkdir(),
    ],
    ids=["pickled array", "one array", "pickle", "text", "folder"],
)
def test_what_is_no_archive_of_numbers_is_refused(tmp_path, save):
    path = tmp_path / "a.npz"
    save(path)
    assert "damaged, or not an .npz file (" in refusal(read_arrays, path)


# JSON


def test_json_round_trip(tmp_path):
    content = {"b": {"x": 0.5, "n": 3}, "a": [1, None, "text", True]}
    path = tmp_path / "m" / "a.json"
    write_json(path, content)
    assert read_json(path) == content
    text = path.read_text()
    assert text.index('"b"') < text.index('"a"'), "the order given"
    assert text.endswith("}\n")
    assert text == json.dumps(content, indent=2) + "\n"


@pytest.mark.parametrize("content", ["", "{", '{"a": }', b"\xff\xfe"])
def test_what_is_no_json_is_refused(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert "damaged, or not a JSON file (" in refusal(read_json, path)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1 / 3, "0.333333"),
        (-2 / 3, "-0.666667"),
        (123456789.0, "123457000.0"),
        (1.23456789e-12, "1.23457e-12"),
        (0.1, "0.1"),
        (2.0, "2.0"),
        (np.float64(1 / 3), "0.333333"),
        (np.float32(1 / 3), "0.333333"),
        (123456789, "123456789"),
        (np.int64(123456789), "123456789"),
        (True, "true"),
        (math.nan, "null"),
        (math.inf, "null"),
        (np.float32(-np.inf), "null"),
        (None, "null"),
    ],
)
@pytest.mark.parametrize("nest", [lambda x: x, lambda x: [x], lambda x: {"a": ({"b": x},)}])
def test_numbers_are_rounded_at_any_depth(number, expected, nest):
    assert json.dumps(rounded(nest(number))) == json.dumps(nest("?")).replace('"?"', expected)


def test_rounding_is_to_six_significant_digits():
    rng = np.random.default_rng(0)
    for number in rng.normal(size=200) * 10.0 ** rng.integers(-30, 30, size=200):
        found = rounded(number)
        assert abs(found - number) <= 0.5000001 * 10.0 ** (math.floor(math.log10(abs(number))) - 5)
        assert len(re.sub(r"e.*|[-.]|^-?0\.0*", "", repr(found)).strip("0")) <= 6


def test_keys_become_text():
    assert rounded({1: 2.0, "a": {2: 3}}) == {"1": 2.0, "a": {"2": 3}}


# CSV


def test_csv(tmp_path):
    path = tmp_path / "plots" / "a.csv"
    table = pd.DataFrame({"step": [1, 20], "loss": [1 / 3, np.nan], "method": ["a, b", "c"]})
    write_csv(path, table)
    assert path.read_text() == 'step,loss,method\n1,0.333333,"a, b"\n20,,c\n'
    assert list(path.parent.iterdir()) == [path]
    assert storage.SIGNIFICANT_DIGITS == 6


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file; `dvc repro` makes it"),
        (b"", "not a table of plot data (No columns to parse from file)"),
        (b"a,b\n1,2\n1,2,3,4\n", "not a table of plot data"),
        (b"a,b\n1,2\n1,2", "not a table of plot data (it was cut short)"),
        (b"\xff\xfe\x00", "not a table of plot data"),
    ],
)
def test_an_unusable_table_is_named(tmp_path, content, message):
    path = tmp_path / "a.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as refusal:
        read_csv(path)
    assert str(refusal.value).startswith(f"{path}: {message}")
    assert "\n" not in str(refusal.value)


def test_a_folder_in_the_place_of_a_table_is_named(tmp_path):
    with pytest.raises(InputError, match="not a table of plot data"):
        read_csv(tmp_path)


def test_texts_are_read_as_they_are(tmp_path):
    rows = [
        {"id": "1", "claim": "NA", "value": "0.50", "reason": ""},
        {"id": "02", "claim": "a, b\nand c", "value": "null", "reason": ""},
    ]
    write_csv(tmp_path / "a.csv", pd.DataFrame(rows))
    assert read_csv(tmp_path / "a.csv", texts=rows[0]).to_dict("records") == rows


def test_a_table_has_the_columns_that_are_asked_for(tmp_path):
    path = tmp_path / "a.csv"
    write_csv(path, pd.DataFrame({"name": ["1", "2"], "loss": [0.5, np.nan], "said": ["a", "b"]}))
    read = read_csv(path, texts=["name"], numbers=["loss"])
    assert list(read["name"]) == ["1", "2"]
    np.testing.assert_array_equal(read["loss"], [0.5, np.nan])
    for kind in ("texts", "numbers"):
        with pytest.raises(InputError, match=f"^{path}: lacks the column lost; `dvc repro`"):
            read_csv(path, **{kind: ["loss", "lost"]})
    with pytest.raises(InputError, match=f"^{path}: the column said should hold numbers; `dvc"):
        read_csv(path, numbers=["loss", "said"])


def test_a_table_without_rows_has_columns_of_any_kind(tmp_path):
    (tmp_path / "a.csv").write_text("name,loss\n")
    assert read_csv(tmp_path / "a.csv", texts=["name"], numbers=["loss"]).empty
