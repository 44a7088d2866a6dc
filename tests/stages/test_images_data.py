"""The stage `images_data`: its sources, its file, and what it leaves when it fails."""

import runpy
import shutil

import numpy as np
import pytest

from tests import project
from tests.images import files
from tests.images.server import Server

OUTPUT = "data/images/images.npz"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A project with no more than params.yaml, which allows no fallback and no network."""
    shutil.copy(project.ROOT / "params.yaml", tmp_path)
    (tmp_path / "data/supplied").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    files.expect(monkeypatch)
    change(tmp_path, set="mnist", fallback=None)
    return tmp_path


def change(root, **data):
    project.change(root, lambda params: params["images"]["data"].update(data))


def run():
    runpy.run_module("stages.images.data", run_name="__main__")


def assert_is_mnist(root):
    truth = files.arrays()
    with np.load(root / OUTPUT) as found:
        assert set(found) == {
            *(f"{part}_{kind}" for part in ("train", "test") for kind in ("images", "labels")),
            *("data_set", "title", "classes"),
        }
        assert (found["data_set"].shape, str(found["data_set"])) == ((), "mnist")
        np.testing.assert_array_equal(found["train_images"], truth["train-images-idx3-ubyte"])
        np.testing.assert_array_equal(found["test_labels"], truth["t10k-labels-idx1-ubyte"])


def test_from_the_folder_that_the_environment_names(root, monkeypatch):
    files.put(root / "mine")
    monkeypatch.setenv("JEPATLAS_MNIST", "mine")
    run()
    assert_is_mnist(root)


def test_from_data_raw(root):
    files.put(root / "data/raw/mnist")
    run()
    assert_is_mnist(root)


def test_from_a_mirror_always_the_same_bytes(root, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server(files.zipped()) as server:
        files.expect(monkeypatch, server.url("missing"), server.url("good"))
        run()
    assert_is_mnist(root)
    first = (root / OUTPUT).read_bytes()
    run()
    assert (root / OUTPUT).read_bytes() == first


def test_the_fallback(root, capsys):
    change(root, fallback="digits")
    run()
    with np.load(root / OUTPUT) as found:
        assert str(found["data_set"]) == "digits"
        assert len(found["train_images"]) + len(found["test_images"]) == 1797
    assert "* MNIST IS MISSING" in capsys.readouterr().err


def test_digits_without_a_warning(root, capsys):
    change(root, set="digits")
    run()
    assert capsys.readouterr() == ("", "")


def no_copy(root):
    """Nothing to read and nowhere to download from."""


def damaged(root):
    (files.put(root / "data/raw/mnist") / "t10k-labels-idx1-ubyte.gz").write_bytes(b"\x1f\x8b")


@pytest.mark.parametrize(
    ("spoil", "said"), [(no_copy, "no copy of MNIST"), (damaged, "t10k-labels-idx1-ubyte.gz: dam")]
)
def test_without_images_the_old_file_stays(spoil, said, root, capsys):
    (root / OUTPUT).parent.mkdir(parents=True)
    (root / OUTPUT).write_bytes(b"of an earlier run")
    spoil(root)
    with pytest.raises(SystemExit) as exit_:
        run()
    assert exit_.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert said in error
    assert error.count("\n") == 1
    assert [*(root / OUTPUT).parent.iterdir()] == [root / OUTPUT]
    assert (root / OUTPUT).read_bytes() == b"of an earlier run"
