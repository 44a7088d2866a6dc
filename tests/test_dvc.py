"""`dvc` looks at params.yaml before DVC does, whatever the command: DVC would write out what it may
not hold, and not come to an end."""

import subprocess
import sys
from pathlib import Path

import pytest

import jepatlas_dvc
from tests import project

ENDLESS = "a: &a0 [x]\n" + "".join(
    f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 20)
)
LINE = "error: params.yaml: line 1: anchors and aliases are not taken; write the values out\n"
COMMANDS = [
    *("status", "params diff", "metrics diff", "plots show", "exp show", "exp list", "stage list"),
    *("dag", "pull", "push", "checkout", "commit", "data status", "--quiet status", "queue start"),
    *("repro", "exp run", "repro --dry", "freeze a"),
]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What DVC itself is asked in the current folder, which has the project's code."""
    found: list[list[str]] = []
    (tmp_path / "src").symlink_to(project.ROOT / "src")
    (tmp_path / "params.yaml").write_text(ENDLESS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr("jepatlas_dvc_faster.faster", lambda: None)
    monkeypatch.setattr("dvc.cli.main", lambda arguments: found.append(arguments) or 0)
    return found


def status(command: str, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setattr(sys, "argv", ["dvc", *command.split()])
    with pytest.raises(SystemExit) as done:
        jepatlas_dvc.main()
    return done.value.code


@pytest.mark.parametrize("command", COMMANDS)
def test_parameters_that_cannot_be_read_are_a_line(
    command: str,
    asked: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status(command, monkeypatch) == 2
    assert capsys.readouterr() == ("", LINE)
    assert asked == []


@pytest.mark.parametrize(
    "command", ["", "--version", "--help", "config -l", "remote list", "doctor"]
)
def test_a_command_without_stages_is_dvcs_own(
    command: str, asked: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status(command, monkeypatch) == 0
    assert asked == [command.split()]


def test_elsewhere_than_in_the_project_it_is_dvcs_own(
    asked: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "src").unlink()
    assert status("status", monkeypatch) == 0
    assert asked == [["status"]]


def test_parameters_are_only_read_and_not_checked_where_nothing_is_run(
    asked: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "params.yaml").write_text("seed: -1\n", encoding="utf-8")
    assert status("status", monkeypatch) == 0
    assert status("repro", monkeypatch) == 2


def test_what_has_passed_is_not_read_again(
    asked: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = tmp_path / jepatlas_dvc.PASSED
    passed.parent.mkdir(parents=True)
    passed.write_text(jepatlas_dvc._digest(jepatlas_dvc.PARAMS), encoding="utf-8")
    assert status("status", monkeypatch) == 0


def test_the_command_itself_ends(tmp_path: Path) -> None:
    (tmp_path / "src").symlink_to(project.ROOT / "src")
    (tmp_path / "params.yaml").write_text(ENDLESS, encoding="utf-8")
    (tmp_path / "dvc.yaml").write_text("stages: {a: {cmd: echo, params: [a]}}", encoding="utf-8")
    project.run(tmp_path, "dvc", "init", "--no-scm", "--quiet")
    done = subprocess.run(
        [project.PROGRAMS[0] / "dvc", "stage", "list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (2, "", LINE)
