"""The command `dvc` of this environment: DVC, after a look at params.yaml, somewhat faster, and
with a table of experiments that fits a terminal.

DVC makes stages out of params.yaml before any of them could say what is wrong with it, and its own
message then names neither key nor cure. So before `dvc repro` and `dvc exp run` the parameters are
checked, those given by `-S` included, for each experiment of a sweep: one line, exit status 2, and
nothing run or queued. Before all else that loads stages it is seen whether params.yaml can be read:
with aliases inside aliases, DVC would not come to an end. Elsewhere than in the project everything
goes to DVC as it is.

A module of its own, outside the package: the package that checks is that of the project in the
current folder, which may be a copy.
"""

import contextlib
import hashlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

PARAMS = Path("params.yaml")
PASSED = Path(".dvc/tmp/params.passed")  # hashes of what has passed the whole check
NO_STAGES = ("cache", "config", "doctor", "init", "remote", "version")  # commands that load none


def main() -> None:
    kept = signal.getsignal(signal.SIGINT)
    if kept is signal.default_int_handler:  # else it is ignored, as in the background
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    from dvc.cli import main as dvc

    from jepatlas_dvc_faster import faster

    arguments = sys.argv[1:]
    faster()
    command = next((word for word in arguments if not word.startswith("-")), "version")
    if command not in NO_STAGES:
        check(arguments)
    if _is(arguments, "exp", "show"):
        from jepatlas_dvc_narrow import narrow

        narrow()
    signal.signal(signal.SIGINT, kept)  # DVC knows what to do
    sys.exit(dvc(arguments))


def _is(arguments: Sequence[str], *command: str) -> bool:
    """Whether these are the arguments of this command of DVC."""
    words = [word for word in arguments if not word.startswith("-")]
    words = ["exp" if word == "experiments" else word for word in words[: len(command)]]
    return words == [*command]


def check(arguments: Sequence[str]) -> None:
    """End with one line and status 2 if params.yaml cannot be read, or if any of the parameters
    that are to be run is wrong.

    arguments: of DVC; the project in the current folder is checked by its own package. In a folder
    of anything else there is nothing to check.
    """
    if not Path("src/jepatlas/structure.py").is_file():
        return
    from dvc.cli import parse_args

    runs = _is(arguments, "repro") or _is(arguments, "exp", "run")
    changes: list[str] = getattr(parse_args(list(arguments)), "set_param", []) if runs else []
    if not changes and _digest(PARAMS) in _passed():
        return
    sys.path.insert(0, str(Path("src").resolve()))
    from jepatlas.common.base.yaml_file import InputError, read

    try:
        parameters = read()
        for file in _variants(changes) if runs else ():
            _check_file(file, parameters if file == PARAMS else read(file))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def _variants(changes: list[str]) -> Iterator[Path]:
    """params.yaml, or what each experiment makes of it, in files that are gone afterwards."""
    if not changes:
        yield PARAMS
        return
    from dvc.exceptions import DvcException
    from dvc.utils.cli_parse import to_path_overrides
    from dvc.utils.hydra import apply_overrides, get_hydra_sweeps

    try:
        sweeps: list[dict[str, list[str]]] = get_hydra_sweeps(to_path_overrides(changes))
        for sweep in sweeps:
            with tempfile.TemporaryDirectory() as folder:
                changed = Path(folder, PARAMS.name)
                changed.write_bytes(PARAMS.read_bytes())
                apply_overrides(changed, sweep.get(str(PARAMS), []))
                yield changed
    except DvcException:
        return  # of `-S` itself: DVC says what is wrong with it


def _check_file(file: Path, parameters: dict[str, Any]) -> None:
    """Quickly what DVC would trip over, then the whole, unless all of it has passed before."""
    from jepatlas.structure import structure

    digest, passed = _digest(file), _passed()
    if digest in passed:
        return
    structure(parameters)
    from jepatlas.check import everything  # imports torch

    with contextlib.chdir(file.parent):  # methods look for their blocks in params.yaml
        everything(parameters)
    with contextlib.suppress(OSError):  # no place to note it: the check is made again
        PASSED.parent.mkdir(parents=True, exist_ok=True)
        PASSED.write_text("\n".join([*passed[-100:], digest]), encoding="utf-8")


def _passed() -> list[str]:
    return PASSED.read_text(encoding="utf-8").split() if PASSED.exists() else []


def _digest(file: Path) -> str:
    """Of parameters, and of what else than code says whether they are right: the pipeline, which
    inserts them, and what objectives and methods there are."""
    package = Path("src/jepatlas")
    modules = [*package.glob("objectives/*.py"), *package.glob("*/methods/*.py")]
    contents = [path.read_bytes() for path in (file, Path("dvc.yaml")) if path.is_file()]
    return hashlib.sha256(repr((contents, sorted(map(str, modules)))).encode()).hexdigest()


if __name__ == "__main__":
    main()
