"""DVC reads once what it would read again and again, sees what was written meanwhile, and decides
as it would by itself."""

import json
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import dpath
import dvc.rwlock
import pytest
from dvc.dependency.base import Dependency
from dvc.exceptions import ReproductionError
from dvc.lock import LockError
from dvc.output import Output
from dvc.repo import Repo, reproduce
from dvc.stage import Stage
from dvc.stage.exceptions import StageFileDoesNotExistError
from dvc.stage.loader import StageLoader
from dvc.utils import strictyaml
from dvc.utils.serialize import YAMLFileCorruptedError, _yaml, load_path, modify_yaml
from dvc_objects.fs.local import localfs

import jepatlas_dvc_faster

PIPELINE = """
stages:
  each:
    foreach: ${names}
    do:
      cmd: echo ${item} > ${key}
      params: ["names.${key}"]
      outs: ["${key}"]
"""

SHARED = """
stages:
  first:
    cmd: echo >> first.runs
    deps: [code]
  writes:
    cmd: cp given code/copied && cp given made
    deps: [given]
    outs: [made]
  second:
    cmd: echo >> second.runs
    deps: [code]
  reads:
    cmd: cat made >> reads.runs
    deps: [made]
"""
CHANGED = (  # the functions of DVC that are replaced here
    *((_yaml, "parse_yaml"), (strictyaml, "parse_yaml"), (dpath, "get")),
    *((reproduce, "collect_stages"), (dvc.rwlock, "rwlock"), (Dependency, "get_hash")),
)
pytestmark = pytest.mark.filterwarnings(  # in DVC's own use
    "ignore:_NoneStep.value:DeprecationWarning"
)


@pytest.fixture(autouse=True)
def dvc_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """After each test."""
    for owner, name in CHANGED:
        monkeypatch.setattr(owner, name, getattr(owner, name))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four stages of which two depend on a folder of code; all were run. The current folder."""
    monkeypatch.chdir(tmp_path)
    Path("code").mkdir()
    for file in ("given", "code/copied", "code/own"):
        Path(file).write_text("1", encoding="utf-8")
    Path("dvc.yaml").write_text(SHARED, encoding="utf-8")
    with Repo.init(no_scm=True) as repo:
        repo.reproduce()
    assert run() == []
    return tmp_path


def run(**options: Any) -> list[str]:
    """The names of the stages that `dvc repro` runs."""
    with Repo() as repo:
        return [stage.name for stage in repo.reproduce(**options)]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of each file that is parsed from now on."""
    parse, names = _yaml.parse_yaml, []

    def noting(text: str, path: str, typ: str = "safe") -> Any:
        names.append(Path(path).name)
        return parse(text, path, typ)

    for module in (_yaml, strictyaml):
        monkeypatch.setattr(module, "parse_yaml", noting)
    return names


def load(file: Path) -> Any:
    return load_path(str(file), localfs)


def test_a_file_is_parsed_once_and_a_changed_one_anew(tmp_path: Path, parsed: list[str]) -> None:
    jepatlas_dvc_faster.parse_once()
    file = tmp_path / "params.yaml"
    for text, content in [("a: [1]", {"a": [1]}), ("a: [2]", {"a": [2]}), ("a: [1]", {"a": [1]})]:
        file.write_text(text, encoding="utf-8")
        for _ in range(3):
            assert load(file) == content
    assert parsed == ["params.yaml"] * 2


def test_a_reader_may_change_what_it_got(tmp_path: Path, parsed: list[str]) -> None:
    jepatlas_dvc_faster.parse_once()
    file = tmp_path / "params.yaml"
    file.write_text("a: {b: [1]}", encoding="utf-8")
    load(file)["a"]["b"].append(2)
    assert load(file) == {"a": {"b": [1]}}
    assert len(parsed) == 1


def test_a_file_that_dvc_writes_keeps_its_comments(tmp_path: Path, parsed: list[str]) -> None:
    jepatlas_dvc_faster.parse_once()
    file = tmp_path / "params.yaml"
    file.write_text("a: 1 # of something\n", encoding="utf-8")
    load(file)
    with modify_yaml(file) as content:
        content["a"] = 2
    assert file.read_text(encoding="utf-8") == "a: 2 # of something\n"
    assert load(file) == {"a": 2}


def test_a_message_names_the_file(tmp_path: Path, parsed: list[str]) -> None:
    jepatlas_dvc_faster.parse_once()
    for name in ("one.yaml", "other.yaml"):
        file = tmp_path / name
        file.write_text("a: [", encoding="utf-8")
        with pytest.raises(YAMLFileCorruptedError, match=name):
            load(file)


def test_a_run_of_nothing_parses_no_file_for_each_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    jepatlas_dvc_faster.parse_once()
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
    jepatlas_dvc_faster.look_up_directly()
    assert dpath.get(tree, "a.b", separator=".") == 1
    assert not searched
    assert dpath.get(tree, "e.1", separator=".") == 4
    with pytest.raises(KeyError):
        dpath.get(tree, "a.none", separator=".")
    assert searched == ["e.1", "a.none"]


def text_of(value: str) -> str:
    """A text of YAML that is worth keeping."""
    return f"key: {value}\n# {'-' * jepatlas_dvc_faster.LONG}\n"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where is kept what the params.yaml of the current folder holds."""
    monkeypatch.chdir(tmp_path)
    Path(".dvc/tmp").mkdir(parents=True)
    return Path(".dvc/tmp/parsed/params.yaml.json")


def test_what_one_process_has_parsed_the_next_one_looks_up(kept: Path, parsed: list[str]) -> None:
    parse = _yaml.parse_yaml
    jepatlas_dvc_faster.keep_parsed()  # remembers nothing but in the file
    for value in ("[1, 2.0, true, null, 1e-3, .inf, .nan, a]", "{b: '2'}"):
        Path("params.yaml").write_text(text_of(value), encoding="utf-8")
        parsed.clear()
        found = [load(Path("params.yaml")) for _ in range(3)]
        assert parsed == ["params.yaml"]
        assert [repr(one) for one in found] == [repr(parse(text_of(value), "params.yaml"))] * 3
    assert list(kept.parent.iterdir()) == [kept]


@pytest.mark.parametrize("damage", ["", "[", "1", "null", "[1]", '["of another text", {"key": 2}]'])
def test_what_is_kept_and_damaged_is_parsed_anew(
    kept: Path, parsed: list[str], damage: str
) -> None:
    jepatlas_dvc_faster.keep_parsed()
    Path("params.yaml").write_text(text_of("1"), encoding="utf-8")
    load(Path("params.yaml"))
    whole = kept.read_text(encoding="utf-8")
    kept.write_text(damage, encoding="utf-8")
    assert load(Path("params.yaml")) == {"key": 1}
    assert kept.read_text(encoding="utf-8") == whole
    assert len(parsed) == 2


@pytest.mark.parametrize("value", ["2026-11-27", "{1: a}", "!!set {a, b}", "!!omap [a: 1]"])
def test_what_would_be_read_back_as_something_else_is_not_kept(
    kept: Path, parsed: list[str], value: str
) -> None:
    jepatlas_dvc_faster.keep_parsed()
    Path("params.yaml").write_text(text_of(value), encoding="utf-8")
    for _ in range(2):
        assert load(Path("params.yaml")) == _yaml.parse_yaml(f"key: {value}", "short")
    assert parsed.count("params.yaml") == 2
    assert not kept.exists()


def test_nothing_is_kept_where_there_is_no_place(kept: Path, parsed: list[str]) -> None:
    jepatlas_dvc_faster.keep_parsed()
    kept.parent.write_text("no folder", encoding="utf-8")
    Path("params.yaml").write_text(text_of("1"), encoding="utf-8")
    assert load(Path("params.yaml")) == {"key": 1}
    kept.parent.unlink()
    kept.parent.parent.rmdir()
    assert load(Path("params.yaml")) == {"key": 1}
    assert not kept.parent.parent.exists()


def test_a_run_loads_each_stage_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jepatlas_dvc_faster.load_once()
    load_stage, loaded = StageLoader.__getitem__, []

    def noting(loader: StageLoader, name: str) -> Any:
        loaded.append(name)
        return load_stage(loader, name)

    monkeypatch.setattr(StageLoader, "__getitem__", noting)
    assert run() == []
    assert loaded == ["first", "writes", "second", "reads"]


def test_stages_that_are_asked_for_are_found_as_ever(project: Path) -> None:
    jepatlas_dvc_faster.load_once()
    Path("given").write_text("2", encoding="utf-8")
    assert run(targets=["second"]) == []
    assert run(targets=["reads"]) == ["writes", "reads"]
    assert run(targets="dvc.yaml") == [
        "first",
        "second",
    ]  # of the folder of code, in which it wrote


def test_a_missing_or_broken_pipeline_is_what_dvc_says(project: Path) -> None:
    jepatlas_dvc_faster.load_once()
    Path("dvc.yaml").write_text("stages: {a: {}}", encoding="utf-8")
    with pytest.raises(strictyaml.YAMLValidationError):
        run()
    Path("dvc.yaml").unlink()
    with pytest.raises(StageFileDoesNotExistError):
        run()


def test_a_stage_is_locked_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, locked = dvc.rwlock.rwlock, []

    def noting(folder: str, fs: Any, command: str, *paths: Any) -> Any:
        locked.append(command)
        return lock(folder, fs, command, *paths)

    monkeypatch.setattr(dvc.rwlock, "rwlock", noting)
    jepatlas_dvc_faster.lock_once()
    assert run() == []
    assert len(locked) == 4


def table() -> dict[str, Any]:
    """Who reads and writes what, for other processes to see."""
    found: dict[str, Any] = json.loads(Path("rwlock").read_text(encoding="utf-8"))
    return {mode: sorted(files) for mode, files in found.items() if files}


def test_what_is_not_locked_yet_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    jepatlas_dvc_faster.lock_once()

    def lock(read: list[str], write: list[str]) -> Any:
        return dvc.rwlock.rwlock(str(tmp_path), localfs, "dvc", read, write, False)

    with lock(["/a"], ["/b"]):
        before = {"read": ["/a"], "write": ["/b"]}
        with lock(["/a", "/b"], []), lock([], ["/b"]):
            assert table() == before
        with lock(["/c"], []), lock(["/a"], ["/d"]):
            assert table() == {"read": ["/a", "/c"], "write": ["/b", "/d"]}
        assert table() == before
        with lock([], ["/a"]):  # so far it was only read
            assert table() == {"read": ["/a"], "write": ["/a", "/b"]}
    assert table() == {}
    with lock([], ["/a"]):
        assert table() == {"write": ["/a"]}


def test_what_another_process_writes_is_waited_for(project: Path) -> None:
    jepatlas_dvc_faster.lock_once()
    other = {"pid": os.getppid(), "cmd": "dvc of another"}
    Path(".dvc/tmp/rwlock").write_text(
        json.dumps({"write": {str(project / "code"): other}, "read": {}}), encoding="utf-8"
    )
    with pytest.raises(ReproductionError) as raised:
        run()
    assert isinstance(raised.value.__cause__, LockError)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each file or folder is hashed from now on; each dependency once, from then on."""
    get_hash, names = Output.get_hash, Counter[str]()

    def noting(output: Output) -> Any:
        names[str(output)] += 1
        return get_hash(output)

    monkeypatch.setattr(Dependency, "get_hash", noting)
    jepatlas_dvc_faster.hash_once()
    return names


def test_a_dependency_of_two_stages_is_hashed_once(project: Path, hashed: Counter[str]) -> None:
    assert run() == []
    assert hashed == {"code": 1, "given": 1, "made": 1}


def test_what_a_stage_writes_is_seen_by_those_after_it(project: Path, hashed: Counter[str]) -> None:
    Path("given").write_text("2", encoding="utf-8")  # of the same length as before
    assert run() == ["writes", "second", "reads"]  # `first` was looked at before `writes` ran
    assert hashed["code"] == 2
    assert Path("reads.runs").read_text(encoding="utf-8") == "12"
    assert run() == ["first"]
    assert run() == []


def test_what_is_written_between_two_stages_is_seen(
    project: Path, hashed: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = Stage.reproduce

    def edit_before(stage: Stage, **options: Any) -> Any:
        if stage.name == "second":
            Path("code/own").write_text("2", encoding="utf-8")
        return visit(stage, **options)

    monkeypatch.setattr(Stage, "reproduce", edit_before)
    assert run() == ["second"]
    assert run() == ["first"]
    assert run() == []


@pytest.mark.parametrize(
    "change",
    [
        "echo 2 > code/own",
        "printf 2 > code/own",
        "echo > code/new",
        "rm code/own",
        "mv code/own code/other",
        "mkdir code/inner && mv code/own code/inner/own",
        "mv code/own own && ln -s ../own code/own && printf 2 > own",
        "rm -r code && echo > code",
    ],
)
def test_whatever_is_done_to_a_folder_is_seen(
    project: Path, hashed: Counter[str], change: str
) -> None:
    with Repo() as repo:
        (folder,) = repo.index.stages[0].deps
        before = [folder.get_hash() for _ in range(3)]
        subprocess.run(change, shell=True, check=True)
        after = [folder.get_hash() for _ in range(3)]
        assert hashed["code"] == 2
        assert before[0] != after[0] == Output.get_hash(folder)


def test_what_is_ignored_may_be_a_link_to_nowhere(project: Path, hashed: Counter[str]) -> None:
    Path("code/.#own").symlink_to("nowhere")
    Path(".dvcignore").write_text(".#*", encoding="utf-8")
    assert run() == []


def test_what_is_ignored_from_now_on_is_seen(project: Path, hashed: Counter[str]) -> None:
    assert run() == []
    Path(".dvcignore").write_text("copied", encoding="utf-8")
    assert run() == ["first", "second"]


@pytest.mark.parametrize("faster", [True, False])
def test_all_of_it_decides_as_dvc_does(project: Path, faster: bool) -> None:
    if faster:
        jepatlas_dvc_faster.faster()
    assert run() == []
    Path("given").write_text("2", encoding="utf-8")
    assert run() == ["writes", "second", "reads"]
    assert run(force=True) == ["first", "writes", "second", "reads"]
    Path("made").unlink()
    assert run(allow_missing=True) == []
    assert run() == ["writes"]
    assert run() == []
