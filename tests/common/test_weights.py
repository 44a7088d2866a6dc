"""Tensors on disk: what goes in comes out, and what is not a file of tensors is refused."""

import pickle
import zipfile

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from safetensors.torch import save_file

from jepatlas.common.base.parameters import InputError
from jepatlas.common.learning.weights import read_tensors, write_tensors

TENSORS = {
    "weight": torch.linspace(-1, 1, 12).reshape(2, 2, 3),
    "0/online.bias": torch.tensor([1e-30, float("inf"), 0.1], dtype=torch.float64),
    "steps": torch.tensor([0, 20, 2**40]),
    "empty": torch.zeros(0, 3),
    "scalar": torch.tensor(0.5),
}


def test_tensors_in_another_memory_format_are_stored_all_the_same(tmp_path):
    kernel = torch.arange(36.0).reshape(2, 2, 3, 3).to(memory_format=torch.channels_last)
    write_tensors(tmp_path / "kernel.safetensors", {"kernel": kernel})
    np.testing.assert_array_equal(load_file(tmp_path / "kernel.safetensors")["kernel"], kernel)


def test_round_trip(tmp_path):
    write_tensors(tmp_path / "new" / "tensors.safetensors", TENSORS)
    read = read_tensors(tmp_path / "new" / "tensors.safetensors")
    assert read.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert read[name].dtype == tensor.dtype
        assert read[name].shape == tensor.shape
        assert torch.equal(read[name], tensor)
        assert read[name].device.type == "cpu"


def test_the_file_is_plain_safetensors(tmp_path):
    path = tmp_path / "t.safetensors"
    write_tensors(path, TENSORS)
    for name, array in load_file(path).items():
        np.testing.assert_array_equal(array, TENSORS[name].numpy())
    assert not zipfile.is_zipfile(path), "torch.save writes zip files with pickles in them"


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "t.safetensors"
    write_tensors(path, {"a": torch.ones(2)})
    shared = torch.ones(4)
    with pytest.raises(RuntimeError, match="share memory"):  # safetensors' own refusal
        write_tensors(path, {"a": shared, "b": shared[:2]})
    assert torch.equal(read_tensors(path)["a"], torch.ones(2))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("share", [0, 0.001, 0.2, 0.6, 0.999])
def test_a_truncated_file_is_refused_by_name(tmp_path, share):
    path = tmp_path / "t.safetensors"
    write_tensors(path, TENSORS)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError) as caught:
        read_tensors(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: damaged, or not a safetensors file (")
    assert "\n" not in message


def test_a_flipped_bit_is_refused_wherever_it_is(tmp_path):
    path = tmp_path / "t.safetensors"
    write_tensors(path, TENSORS)
    content = path.read_bytes()
    for place in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        with pytest.raises(InputError) as caught:
            read_tensors(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: damaged, or not a safetensors file (")
        assert message.endswith("; `dvc repro` makes it anew")
        assert "\n" not in message


def test_a_file_without_a_digest_is_refused(tmp_path):
    save_file(TENSORS, tmp_path / "t.safetensors")
    with pytest.raises(InputError, match="not those of its SHA-256"):
        read_tensors(tmp_path / "t.safetensors")


def test_the_same_tensors_are_the_same_bytes(tmp_path):
    """In whatever order they come, or DVC would think that a stage's output has changed."""
    path = tmp_path / "t.safetensors"
    contents = set()
    for tensors in (TENSORS, dict(reversed(TENSORS.items())), TENSORS):
        write_tensors(path, tensors)
        contents.add(path.read_bytes())
    assert len(contents) == 1


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


def test_a_pickle_is_refused_and_not_executed(tmp_path):
    path = tmp_path / "t.safetensors"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InputError, match="damaged, or not a safetensors file"):
        read_tensors(path)


def test_tensors_come_in_the_order_of_their_names(tmp_path):
    path = tmp_path / "t.safetensors"
    names = [f"{letter}{number}" for letter in "qwertz" for number in range(5)]
    write_tensors(path, {name: torch.ones(1) for name in names})
    assert all(list(read_tensors(path)) == sorted(names) for _ in range(5))


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "none.safetensors"
    with pytest.raises(InputError) as caught:
        read_tensors(path)
    assert str(caught.value) == f"{path}: no such file; `dvc repro` makes it"
