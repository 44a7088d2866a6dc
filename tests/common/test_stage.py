"""How a stage ends."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import InputError

SOURCES = Path(__file__).resolve().parents[2] / "src"


def test_arguments_are_passed_on(capsys):
    got = []
    stage.run(lambda *arguments: got.append(arguments), "jepa", "2")
    stage.run(lambda: got.append(()))
    assert got == [("jepa", "2"), ()]
    assert capsys.readouterr() == ("", "")


def test_bad_input_is_one_line_and_status_2(capsys):
    def main(name: str) -> None:
        raise InputError(f"params.yaml: {name}: missing")

    with pytest.raises(SystemExit) as caught:
        stage.run(main, "seed")
    assert caught.value.code == 2
    assert capsys.readouterr() == ("", "error: params.yaml: seed: missing\n")


def test_a_kind_of_input_error_is_one_too(capsys):
    class Diverged(InputError):
        pass

    def main() -> None:
        raise Diverged("no number")

    with pytest.raises(SystemExit, match="2"):
        stage.run(main)
    assert capsys.readouterr().err == "error: no number\n"


def test_an_interruption_ends_it_quietly(capsys):
    def main() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as caught:
        stage.run(main)
    assert caught.value.code == 130  # what shells give for Ctrl-C
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "a.npz"), "a.npz: No space left on dev"),
        (OSError(errno.ENOSPC, "No space left on device"), "a file: No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "a.npz"), "a.npz: Permission denied"),
        (MemoryError("Unable to allocate 9 GiB"), "Unable to allocate 9 GiB; smaller numbers in p"),
        (MemoryError(), "no memory left; smaller numbers in params.yaml need less"),
    ],
)
def test_a_machine_that_is_too_small_is_one_line(error, said, capsys):
    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as caught:
        stage.run(main)
    assert caught.value.code == 1
    err = capsys.readouterr().err
    assert err.startswith(f"error: {said}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("error", [KeyError("x"), ValueError("x"), FileExistsError("x")])
def test_a_bug_keeps_its_traceback(error):
    def main() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        stage.run(main)
    assert caught.value is error


def test_a_process_ends_without_a_traceback(tmp_path):
    """The error comes with a cause, as the real ones do: none of it may be shown."""
    (tmp_path / "params.yaml").write_text("seed: -1\n")
    program = (
        "from jepatlas.common.base import parameters, stage\n"
        "stage.run(lambda: print(parameters.scalar('seed', parameters.Seed)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "error: params.yaml: seed: should be greater than or equal to 0, is -1\n"
    )
