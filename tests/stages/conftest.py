"""The small project after a first run, and programs that start in no time."""

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
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """A command that goes on as `python` does, and has imported the libraries of stages and DVC."""
    address = str(tmp_path_factory.mktemp("warm") / "socket")
    command = [sys.executable, str(WARM), "serve", address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stdout.readline() == "ready\n"
        yield [sys.executable, "-I", "-S", str(WARM), "run", address]
        server.terminate()


@pytest.fixture(scope="session")
def programs(warm: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a `python` and a `dvc` that start in no time."""
    folder = tmp_path_factory.mktemp("programs")
    program(folder / "python", *warm)
    program(folder / "dvc", *warm, str(Path(sys.executable).with_name("dvc")))
    return folder


def program(file: Path, *command: str) -> None:
    """Make a program that is the command, with the arguments it gets at its end."""
    words = " ".join(f'"{word}"' for word in command)
    file.write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
    file.chmod(0o755)


@pytest.fixture(scope="module")
def quick(programs: Path) -> Iterator[None]:
    """The commands of a module's tests start in no time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "PROGRAMS", [programs, *project.PROGRAMS])
        yield


@pytest.fixture(scope="module")
def first_run(quick: None, warm: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small project `jepatlas`, run once and committed, and with `records` of what
    each of its stages used; nobody changes it. Made once for all processes that tests run in."""
    base = tmp_path_factory.getbasetemp()
    if base.name.startswith("popen-"):  # of one of several processes: pytest-xdist's folder for it
        base = base.parent
    folder = base / "ein erster Lauf, größer"  # a path is not always one word of ASCII
    with FileLock(base / "first-run.lock"):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            root = project.begin(folder / "jepatlas")
            (folder / "records").mkdir()
            (folder / "programs").mkdir()
            program(folder / "programs/python", *warm, str(RECORDER))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(project, "PROGRAMS", [folder / "programs", *project.PROGRAMS])
                project.run(root, "dvc", "repro", RECORDS=str(folder / "records"))
            project.commit(root, "Run everything")
            (folder / "done").touch()
    return folder


@pytest.fixture(scope="module")
def ran(first_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it for the tests of a module."""
    # In ASCII: DVC writes the path of its cache so where it runs experiments in a copy.
    root = tmp_path_factory.mktemp("ran") / "jepatlas, a clone"
    shutil.copytree(first_run / "jepatlas", root, symlinks=True)
    return root


@pytest.fixture
def restored(ran: Path) -> Iterator[Path]:
    """The same, with everything put back after each test."""
    yield ran
    project.run(ran, "git", "checkout", "--quiet", ".")
    project.run(ran, "git", "clean", "--quiet", "-d", "--force", "src")
    project.run(ran, "dvc", "checkout", "--quiet", "--force")
