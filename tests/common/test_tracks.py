"""Tracks are found by looking, in the order of params.yaml."""

from pathlib import Path

import pytest

from jepatlas.common.base import tracks
from jepatlas.common.base.parameters import InputError, Section

SOURCE = Path(tracks.__file__).resolve().parents[2]


def test_a_track_is_a_folder_with_a_module_of_that_name():
    folders = {file.parent.name for file in SOURCE.rglob("track.py")}
    assert tracks.names() == sorted(folders)
    assert not {"common", "objectives", "report"} & folders


def test_they_stand_in_the_order_of_their_blocks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, *others = tracks.names()
    blocks = "\n".join(f"{name}: {{}}" for name in [*others, "seed", first])
    (tmp_path / "params.yaml").write_text(blocks, encoding="utf-8")
    assert tracks.in_order() == [*others, first]
    (tmp_path / "params.yaml").write_text("seed: 0\n", encoding="utf-8")
    assert tracks.in_order() == []
    (tmp_path / "params.yaml").unlink()
    with pytest.raises(InputError, match="no such file"):
        tracks.in_order()


@pytest.mark.parametrize("track", tracks.names())
def test_each_says_what_it_is(track):
    assert tracks.title(track)
    assert issubclass(tracks.block(track), Section)
    assert "methods" in tracks.block(track).model_fields


@pytest.mark.parametrize("place", ["nothing", "nothing.at_all", "reporting.nothing"])
def test_what_a_track_does_not_have_is_none(place):
    assert tracks.module(tracks.names()[0], place) is None


def test_a_module_that_breaks_is_not_taken_for_one_that_is_missing(tmp_path, monkeypatch):
    package = tmp_path / "jepatlas_toy"
    package.mkdir()
    for name, text in {"__init__": "", "broken": "import not_there_at_all"}.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(tracks, "PACKAGE", "jepatlas_toy")
    (package / "toy").mkdir()
    (package / "toy" / "__init__.py").write_text("", encoding="utf-8")
    (package / "toy" / "claims.py").write_text("import not_there_at_all", encoding="utf-8")
    with pytest.raises(ModuleNotFoundError, match="not_there_at_all"):
        tracks.module("toy", "claims")
