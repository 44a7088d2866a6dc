"""The small project after a first run, made once for all processes that tests run in."""

import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from tests import project


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project, run once and committed; nobody changes it."""
    base = tmp_path_factory.getbasetemp()
    if base.name.startswith("popen-"):  # of one of several processes: pytest-xdist's folder for it
        base = base.parent
    root, done = base / "first-run/jepatlas", base / "first-run/done"
    with FileLock(base / "first-run.lock"):
        if not done.exists():
            project.copy(root)
            project.run(root, "git", "init", "--quiet")
            project.commit(root, "Begin")  # DVCLive asks git for the last commit
            project.reproduce(root)
            project.commit(root, "Run everything")
            done.touch()
    return root


@pytest.fixture(scope="module")
def ran(first_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it for the tests of a module."""
    root = tmp_path_factory.mktemp("ran") / "jepatlas"
    shutil.copytree(first_run, root, symlinks=True)
    return root
