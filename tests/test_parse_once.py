"""DVC parses a file once in a process, what has changed anew, and finds values by their keys."""

from pathlib import Path
from typing import Any

import dpath
import pytest
from dvc.repo import Repo
from dvc.utils import strictyaml
from dvc.utils.serialize import YAMLFileCorruptedError, _yaml, load_path, modify_yaml
from dvc_objects.fs.local import localfs

import jepatlas_dvc

PIPELINE = """
stages:
  each:
    foreach: ${names}
    do:
      cmd: echo ${item} > ${key}
      params: ["names.${key}"]
      outs: ["${key}"]
"""


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of each file that is parsed from now on; the test leaves DVC as it was."""
    parse, names = _yaml.parse_yaml, []

    def noting(text: str, path: str, typ: str = "safe") -> Any:
        names.append(Path(path).name)
        return parse(text, path, typ)

    for module in (_yaml, strictyaml):
        monkeypatch.setattr(module, "parse_yaml", noting)
    jepatlas_dvc.parse_once()
    return names


def load(file: Path) -> Any:
    return load_path(str(file), localfs)


def test_a_file_is_parsed_once_and_a_changed_one_anew(tmp_path: Path, parsed: list[str]) -> None:
    file = tmp_path / "params.yaml"
    for text, content in [("a: [1]", {"a": [1]}), ("a: [2]", {"a": [2]}), ("a: [1]", {"a": [1]})]:
        file.write_text(text, encoding="utf-8")
        for _ in range(3):
            assert load(file) == content
    assert parsed == ["params.yaml"] * 2


def test_a_reader_may_change_what_it_got(tmp_path: Path, parsed: list[str]) -> None:
    file = tmp_path / "params.yaml"
    file.write_text("a: {b: [1]}", encoding="utf-8")
    load(file)["a"]["b"].append(2)
    assert load(file) == {"a": {"b": [1]}}
    assert len(parsed) == 1


def test_a_file_that_dvc_writes_keeps_its_comments(tmp_path: Path, parsed: list[str]) -> None:
    file = tmp_path / "params.yaml"
    file.write_text("a: 1 # of something\n", encoding="utf-8")
    load(file)
    with modify_yaml(file) as content:
        content["a"] = 2
    assert file.read_text(encoding="utf-8") == "a: 2 # of something\n"
    assert load(file) == {"a": 2}


def test_a_message_names_the_file(tmp_path: Path, parsed: list[str]) -> None:
    for name in ("one.yaml", "other.yaml"):
        file = tmp_path / name
        file.write_text("a: [", encoding="utf-8")
        with pytest.raises(YAMLFileCorruptedError, match=name):
            load(file)


@pytest.mark.filterwarnings("ignore:_NoneStep.value:DeprecationWarning")  # in DVC's own use
def test_a_run_of_nothing_parses_no_file_for_each_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    (tmp_path / "params.yaml").write_text("names: {a: 1, b: 2, c: 3, d: 4}", encoding="utf-8")
    with Repo.init(no_scm=True) as repo:
        assert len(repo.reproduce()) == 4
    parsed.clear()
    with Repo() as repo:
        assert repo.reproduce() == []
    assert sorted(parsed) == ["dvc.lock"]  # the others are as they were when it ran


def test_values_are_found_by_their_keys_or_as_dvc_does(monkeypatch: pytest.MonkeyPatch) -> None:
    tree, search, searched = {"a": {"b": 1, "c.d": 2}, "e": [3, 4]}, dpath.get, []

    def noting(tree: Any, path: str, **options: Any) -> Any:
        searched.append(path)
        return search(tree, path, **options)

    monkeypatch.setattr(dpath, "get", noting)
    jepatlas_dvc.look_up_directly()
    assert dpath.get(tree, "a.b", separator=".") == 1
    assert not searched
    assert dpath.get(tree, "e.1", separator=".") == 4
    with pytest.raises(KeyError):
        dpath.get(tree, "a.none", separator=".")
    assert searched == ["e.1", "a.none"]
