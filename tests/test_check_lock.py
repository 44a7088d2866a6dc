""".ci/check_lock.py on a small pipeline, always in a clone: without the cached outputs."""

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

CHECK = Path(__file__).resolve().parent.parent / ".ci" / "check_lock.py"

PIPELINE = """\
stages:
  data:
    cmd: mkdir -p data/raw && cp source.py data/raw/x
    deps: [source.py]
    params: [seed]
    outs: [data/raw]
  train:
    foreach: [a, b]
    do:
      cmd: mkdir -p data/trained && cat data/raw/x > data/trained/${item} &&
        cat data/raw/x > metrics/${item}.json
      deps: [data/raw]
      params: ["rate.${item}"]
      outs: ["data/trained/${item}"]
      metrics:
        - metrics/${item}.json: {cache: false}
  report:
    cmd: cat data/trained/* metrics/* > report.txt
    deps: [data/trained, metrics]
    outs:
      - report.txt: {cache: false}
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository right after `dvc repro`, committed."""
    root = tmp_path_factory.mktemp("fresh")
    (root / "metrics").mkdir()
    (root / "dvc.yaml").write_text(PIPELINE)
    (root / "params.yaml").write_text("seed: 1\nrate: {a: 1, b: 2}\n")
    (root / "source.py").write_text("1\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@localhost"]
    dvc = [sys.executable, "-m", "dvc"]
    for command in (
        [*git, "init", "-q"],
        [*dvc, "init", "-q"],
        [*dvc, "config", "core.analytics", "false"],
        [*dvc, "config", "core.site_cache_dir", str(root / ".dvc" / "tmp" / "site")],
        [*dvc, "repro", "-q"],
        [*git, "add", "."],
        [*git, "commit", "-q", "-m", "all"],
    ):
        subprocess.run(command, cwd=root, check=True)
    return root


@pytest.fixture
def clone(fresh: Path, tmp_path: Path) -> Path:
    subprocess.run(["git", "clone", "-q", fresh, tmp_path / "clone"], check=True)
    return tmp_path / "clone"


@pytest.fixture(scope="module")
def check_lock() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_lock", CHECK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


Problems = Callable[[Path], list[str]]


@pytest.fixture
def problems(check_lock: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Problems:
    def problems(root: Path) -> list[str]:
        monkeypatch.chdir(root)
        return sorted(check_lock.problems())

    return problems


def test_fresh(fresh: Path, clone: Path, problems: Problems) -> None:
    assert not (clone / "data" / "raw").exists()
    assert problems(clone) == []
    assert problems(fresh) == []


def test_script(clone: Path) -> None:
    def run() -> tuple[int, str]:
        command = [sys.executable, str(CHECK)]
        result = subprocess.run(command, cwd=clone, capture_output=True, text=True)
        return result.returncode, result.stdout + result.stderr

    assert run() == (0, "dvc.lock is fresh\n")
    edit("source.py", "1", "2")(clone)
    code, said = run()
    assert code == 1
    assert said.splitlines()[1:] == ["data: source.py is modified"]


def edit(name: str, old: str, new: str) -> Callable[[Path], object]:
    def change(root: Path) -> None:
        text = (root / name).read_text()
        assert old in text
        (root / name).write_text(text.replace(old, new, 1))

    return change


def spoil_hash(stage: str, part: str, path: str) -> Callable[[Path], object]:
    """Change the hash of one of a stage's `deps` or `outs` in dvc.lock."""

    def change(root: Path) -> None:
        text = (root / "dvc.lock").read_text()
        where = rf"(?s:\n  {stage}:\n.*?    {part}:\n.*?path: {path}\n.*?md5: )"
        spoiled, count = re.subn(rf"({where})\w{{8}}", r"\g<1>01234567", text, count=1)
        assert count == 1
        (root / "dvc.lock").write_text(spoiled)

    return change


def drop_stage(root: Path) -> None:
    text = (root / "dvc.lock").read_text()
    (root / "dvc.lock").write_text(re.sub(r"(?s)\n  train@b:\n.*?(?=\n  \w)", "", text))


@pytest.mark.parametrize(
    ("change", "stale"),
    [
        (edit("source.py", "1", "2"), "data: source.py is modified"),
        (edit("params.yaml", "b: 2", "b: 3"), "train@b: parameter rate.b is modified"),
        (edit("params.yaml", "seed: 1", ""), "data: parameter seed is deleted"),
        (edit("dvc.yaml", "[seed]", "[seed, rate]"), "data: parameter rate is new"),
        (edit("dvc.yaml", "cat data/trained", "tac data/trained"), "report: changed command"),
        (edit("metrics/a.json", "1", "2"), "train@a: metrics/a.json is modified"),
        (lambda root: (root / "report.txt").unlink(), "report: report.txt is deleted"),
        (
            spoil_hash("train@a", "deps", "data/raw"),
            "train@a: data/raw is not what the stage before it wrote",
        ),
        (
            spoil_hash("train@b", "outs", "data/trained/b"),
            "report: data/trained is not what the stages before it wrote",
        ),
        (
            spoil_hash("report", "deps", "data/trained"),
            "report: data/trained is not what the stages before it wrote",
        ),
        (drop_stage, "train@b is not in dvc.lock"),
        (edit("dvc.yaml", "[a, b]", "[a]"), "train@b is not in dvc.yaml"),
        (
            edit("dvc.yaml", "[source.py]", "[source.py, data/trained/a]"),
            "data: data/trained/a is among the deps in dvc.yaml only",
        ),
        (
            edit("dvc.yaml", "[data/trained, metrics]", "[data/trained]"),
            "report: metrics is among the deps in dvc.lock only",
        ),
        (lambda root: (root / "dvc.lock").unlink(), "report is not in dvc.lock"),
        (lambda root: shutil.copy(root / "source.py", root / "metrics"), "report: metrics is mod"),
    ],
)
def test_stale(
    clone: Path, problems: Problems, change: Callable[[Path], object], stale: str
) -> None:
    change(clone)
    found = problems(clone)
    assert any(line.startswith(stale) for line in found), found


def test_part_of_a_cached_folder_cannot_be_checked(clone: Path, problems: Problems) -> None:
    edit("dvc.yaml", "deps: [data/raw]", "deps: [data/raw/x]")(clone)
    data, train = (clone / "dvc.lock").read_text().split("  train@a:")
    train = train.replace("path: data/raw\n", "path: data/raw/x\n")
    (clone / "dvc.lock").write_text(f"{data}  train@a:{train}")
    assert [line.partition(" whole")[0] for line in problems(clone)] == [
        "train@a: data/raw/x cannot be checked: depend on",
        "train@b: data/raw/x cannot be checked: depend on",
    ]
