"""The small project after a first run, made once for all processes that tests run in."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests import project

RECORDER = Path(__file__).with_name("recorder.py")
WARM = Path(__file__).with_name("warm.py")


@pytest.hookimpl(trylast=True)  # when only those that run are left
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules with many tests come first, as pytest-xdist has it, but first of all one that needs
    the first run, and last of all the others that do: while one process makes that run, the other
    has tests that do not wait for it."""
    many = Counter(item.path for item in items)
    waiting = [item.path for item in items if "first_run" in getattr(item, "fixturenames", ())]
    place = dict.fromkeys(waiting, 1) | dict.fromkeys(waiting[:1], -1)
    items.sort(key=lambda item: (place.get(item.path, 0), -many[item.path]))


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small project `jepatlas`, run once and committed, and with `records` of what
    each of its stages used; nobody changes it."""
    base = tmp_path_factory.getbasetemp()
    if base.name.startswith("popen-"):  # of one of several processes: pytest-xdist's folder for it
        base = base.parent
    folder = base / "first-run"
    with FileLock(base / "first-run.lock"):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            root = project.copy(folder / "jepatlas")
            project.run(root, "git", "init", "--quiet")
            project.commit(root, "Begin")  # DVCLive asks git for the last commit
            project.run(root, "dvc", "repro", **recording(folder))
            project.commit(root, "Run everything")
            (folder / "done").touch()
    return folder


def recording(folder: Path) -> dict[str, str]:
    """Variables with which every `python` of a stage is run by the recorder."""
    (folder / "records").mkdir()
    programs = python(folder / "programs", str(RECORDER))
    path = ":".join(map(str, [programs, *project.PROGRAMS, os.environ["PATH"]]))
    return {"PATH": path, "RECORDS": str(folder / "records")}


def python(folder: Path, *arguments: str) -> Path:
    """The folder, with a `python` that is this one with these arguments before those it gets."""
    folder.mkdir()
    words = " ".join(f'"{word}"' for word in (sys.executable, *arguments))
    (folder / "python").write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    (folder / "python").chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a `python` that runs a stage without importing its libraries first."""
    folder = tmp_path_factory.mktemp("warm")
    command = [sys.executable, str(WARM), "serve", str(folder / "socket")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stdout.readline() == "ready\n"
        yield python(folder / "programs", "-I", "-S", str(WARM), "run", str(folder / "socket"))
        server.terminate()


@pytest.fixture(scope="module")
def ran(first_run: Path, warm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the project for the tests of a module, whose stages start in no time."""
    root = tmp_path_factory.mktemp("ran") / "jepatlas"
    shutil.copytree(first_run / "jepatlas", root, symlinks=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "PROGRAMS", [warm, *project.PROGRAMS])
        yield root


@pytest.fixture
def restored(ran: Path) -> Iterator[Path]:
    """The same, with everything put back after each test."""
    yield ran
    project.run(ran, "git", "checkout", "--quiet", ".")
    project.run(ran, "git", "clean", "--quiet", "-d", "--force", "src")
    project.run(ran, "dvc", "checkout", "--quiet", "--force")
