"""`make setup`: what it makes, and the one sentence that it says when it cannot."""

import ast
import errno
import importlib.util
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from types import ModuleType
from zipfile import ZipFile

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
MAKE = shutil.which("make") or "make"
BOOTSTRAP = REPOSITORY / "tools" / "bootstrap.py"
PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "jepatlas"
version = "0"
[tool.setuptools]
py-modules = ["jepatlas"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of the same shape, with nothing to download."""
    root = tmp_path / "a project"
    (root / "tools").mkdir(parents=True)
    shutil.copy(BOOTSTRAP, root / "tools")
    shutil.copy(REPOSITORY / "Makefile", root)
    (root / "pyproject.toml").write_text(PYPROJECT)
    (root / "jepatlas.py").write_text("")
    for name in ("requirements.lock", "requirements-alone.lock"):
        (root / name).write_text("# nothing\n")
    return root


@pytest.fixture
def bootstrap(project: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", project / "tools" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Steps:
    """Stands in for `bootstrap.run`: makes what `python -m venv` would, and notes the steps."""

    def __init__(self, bootstrap: ModuleType) -> None:
        self.bootstrap = bootstrap
        self.fail_at = ""
        self.error: BaseException = KeyboardInterrupt()
        self.seen: list[str] = []

    def run(self, *command: str | Path) -> None:
        step = "venv" if "venv" in command else "project" if "--editable" in command else "lock"
        if step == self.fail_at:
            raise self.error
        self.seen.append(step)
        if step == "venv":
            self.bootstrap.PYTHON.parent.mkdir(parents=True)
            self.bootstrap.PYTHON.touch()

    def set_up(self) -> list[str]:
        self.seen = []
        self.bootstrap.main()
        return self.seen


@pytest.fixture
def steps(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Steps:
    steps = Steps(bootstrap)
    monkeypatch.setattr(bootstrap, "run", steps.run)
    return steps


def test_sets_up_once(steps: Steps) -> None:
    assert steps.set_up() == ["venv", "lock", "project"]
    assert steps.set_up() == []


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-alone.lock", "pyproject.toml"])
def test_changed_file_is_installed_into_the_same_venv(
    steps: Steps, project: Path, name: str
) -> None:
    steps.set_up()
    with (project / name).open("a") as file:
        file.write("# changed\n")
    assert steps.set_up() == ["lock", "project"]
    assert steps.set_up() == []


@pytest.mark.parametrize("step", ["venv", "lock", "project"])
def test_interrupted_setup_is_made_anew(steps: Steps, project: Path, step: str) -> None:
    steps.fail_at = step
    with pytest.raises(SystemExit, match="interrupted"):
        steps.set_up()
    half_made = project / ".venv" / "half-made"
    half_made.touch()
    steps.fail_at = ""
    assert steps.set_up() == ["venv", "lock", "project"]
    assert not half_made.exists()


def test_interrupted_update_is_made_anew(steps: Steps, project: Path) -> None:
    steps.set_up()
    (project / "requirements.lock").write_text("# changed\n")
    steps.fail_at = "lock"
    with pytest.raises(SystemExit, match="interrupted"):
        steps.set_up()
    (project / "requirements.lock").write_text("# nothing\n")
    steps.fail_at = ""
    assert steps.set_up() == ["venv", "lock", "project"]


def test_venv_of_another_python_or_place_is_made_anew(steps: Steps, project: Path) -> None:
    steps.set_up()
    stamp = project / ".venv" / "setup.stamp"
    for written, other in [("Python 3.", "Python 4."), (str(project), "/elsewhere")]:
        stamp.write_text(stamp.read_text().replace(written, other))
        assert steps.set_up() == ["venv", "lock", "project"]


def test_venv_whose_python_is_gone_is_made_anew(steps: Steps, project: Path) -> None:
    steps.set_up()
    (project / ".venv" / "bin" / "python").unlink()
    assert steps.set_up() == ["venv", "lock", "project"]


def test_parses_on_the_pythons_it_refuses() -> None:
    ast.parse(BOOTSTRAP.read_text(), feature_version=(3, 6))


def test_old_python_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 18, "final", 0))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer, and .* is 3\.8;"):
        runpy.run_path(str(BOOTSTRAP))


def test_missing_venv_module(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"no venv module; on Debian install python3-venv\.$"):
        bootstrap.main()
    assert not bootstrap.VENV.exists()


def test_no_space_for_the_venv(steps: Steps) -> None:
    steps.fail_at = "venv"
    steps.error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(SystemExit, match="no space left"):
        steps.set_up()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_no_space_for_the_log(
    bootstrap: ModuleType, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "venv.py").write_text("print('a line')")
    monkeypatch.setattr(bootstrap, "LOG", Path("/dev/full"))
    with pytest.raises(SystemExit, match="no space left"):
        bootstrap.main()


@pytest.mark.parametrize(
    ("printed", "error"),
    [
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "No space left"),
        ("ReadTimeoutError('Read timed out.')\nERROR: No matching distribution", "a network?"),
        ("ERROR: a\nERROR: the reason\n\n[notice] newer pip", "tool failed; .* ERROR: the reason;"),
    ],
)
def test_failed_step_is_told_in_one_line(
    bootstrap: ModuleType, project: Path, printed: str, error: str
) -> None:
    (project / "tool.py").write_text(f"print({printed!r})\nraise SystemExit(1)\n")
    bootstrap.VENV.mkdir()
    with pytest.raises((OSError, bootstrap.SetupError), match=error) as raised:
        bootstrap.run(sys.executable, "-m", "tool")
    assert "\n" not in str(raised.value)
    assert bootstrap.LOG.read_text() == printed + "\n"


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pip without its configuration and with an index where nobody answers."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # the discard port, closed


@pytest.mark.usefixtures("no_index")
@pytest.mark.parametrize("retries", ["0", "1"])  # pip says something else when it may not retry
def test_no_network(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, retries: str) -> None:
    monkeypatch.setenv("PIP_RETRIES", retries)
    bootstrap.VENV.mkdir()
    with pytest.raises(bootstrap.SetupError, match=r"is there a network\?"):
        bootstrap.run(sys.executable, "-m", "pip", "install", "jepatlas-is-in-no-index==1")


def make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make as from a shell, also where `make test` runs this."""
    of_make = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHON"}
    return subprocess.run(
        [MAKE, "--no-print-directory", "-C", project, *arguments],
        cwd="/",
        env={name: value for name, value in os.environ.items() if name not in of_make},
        capture_output=True,
        text=True,
    )


def fake_path(folder: Path, monkeypatch: pytest.MonkeyPatch, **programs: str) -> None:
    """Let PATH hold `sh` and the given shell scripts only."""
    folder.mkdir()
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_make_finds_a_python_that_will_do(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "tools" / "bootstrap.py").write_text("import os; print(os.environ['NAME'])")
    scripts = {
        "python3": "echo shim: command not found >&2; exit 127",
        "python3.11": f"NAME=3.11 exec '{sys.executable}' \"$@\"",
        "python3.12": f"NAME=3.12 exec '{sys.executable}' \"$@\"",
    }
    fake_path(tmp_path / "bin", monkeypatch, **scripts)
    assert make(project, "setup").stdout == "3.11\n"
    assert make(project, "setup", "PYTHON=python3.12").stdout == "3.12\n"


@pytest.mark.parametrize(
    ("arguments", "name"), [([], "python3"), (["PYTHON=no/such/python"], "no/such/python")]
)
def test_make_without_python_says_so(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    name: str,
) -> None:
    fake_path(tmp_path / "bin", monkeypatch)
    result = make(project, "setup", *arguments)
    assert result.returncode != 0
    said, made = result.stderr.splitlines()
    assert said.startswith(f"Set-up failed: no Python 3 runs as '{name}'; install Python 3.11")
    assert made.startswith("make: ***")


@pytest.mark.slow
@pytest.mark.usefixtures("no_index")
def test_make_without_network_says_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_RETRIES", "0")
    (project / "requirements.lock").write_text("jepatlas-is-in-no-index==1\n")
    result = make(project, "setup", f"PYTHON={sys.executable}")
    assert result.returncode != 0
    assert re.match(r"Set-up failed: .*; is there a network\?\nmake: ", result.stderr)


@pytest.mark.slow
@pytest.mark.usefixtures("no_index")
def test_make_setup(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Lends the new venv the setuptools that this environment has.
    monkeypatch.setenv("PYTHONPATH", sysconfig.get_path("purelib"))
    python = project / ".venv" / "bin" / "python"

    def works() -> bool:
        return subprocess.run([python, "-I", "-c", "import jepatlas"], check=False).returncode == 0

    first = make(project, "setup", f"PYTHON={sys.executable}")
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith("Setting up ")
    assert works()

    start = time.monotonic()
    second = make(project, "setup")
    assert time.monotonic() - start < 3  # nothing is installed, also beside other tests
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")

    # Half-made: what an interrupted set-up leaves. This one is remade from inside of itself.
    (project / ".venv" / "setup.stamp").unlink()
    shutil.rmtree(next((project / ".venv" / "lib").iterdir()))
    third = make(project, "setup")
    assert (third.returncode, third.stderr) == (0, "")
    assert works()


@pytest.mark.slow
@pytest.mark.usefixtures("no_index")
@pytest.mark.parametrize("told", ["", "1"])
def test_what_python_may_not_compile_later_is_compiled_at_once(
    project: Path, monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", sysconfig.get_path("purelib"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", told)
    about = "Metadata-Version: 2.1\nName: toy\nVersion: 1\n"
    kind = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with ZipFile(project / "toy-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("toy.py", "")
        wheel.writestr("toy-1.dist-info/METADATA", about)
        wheel.writestr("toy-1.dist-info/WHEEL", kind)
        wheel.writestr("toy-1.dist-info/RECORD", "")
    (project / "requirements.lock").write_text("./toy-1-py3-none-any.whl\n")
    assert make(project, "setup", f"PYTHON={sys.executable}").returncode == 0
    (site,) = project.glob(".venv/lib/*/site-packages")
    assert (site / "toy.py").exists()
    assert bool(list(site.glob("__pycache__/toy.*"))) is bool(told)
