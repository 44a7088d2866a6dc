"""The small project after a first run, made once for all processes that tests run in."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from tests import project

RECORDER = Path(__file__).with_name("recorder.py")


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
    for name in ("records", "programs"):
        (folder / name).mkdir()
    python = folder / "programs" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{RECORDER}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    programs = f"{python.parent}:{Path(sys.executable).parent}"
    path = f"{programs}:{os.environ['PATH']}"
    return {"PATH": path, "RECORDS": str(folder / "records")}


@pytest.fixture(scope="module")
def ran(first_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project for the tests of a module."""
    root = tmp_path_factory.mktemp("ran") / "jepatlas"
    shutil.copytree(first_run / "jepatlas", root, symlinks=True)
    return root


@pytest.fixture
def restored(ran: Path) -> Iterator[Path]:
    """The same, with everything put back after each test."""
    yield ran
    project.run(ran, "git", "checkout", "--quiet", ".")
    project.run(ran, "git", "clean", "--quiet", "-d", "--force", "src")
    project.run(ran, "dvc", "checkout", "--quiet", "--force")
