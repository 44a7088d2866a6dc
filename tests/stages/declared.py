"""What a stage used, as recorder.py noted it, beside what dvc.yaml declares of it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dvc.dependency.param import ParamsDependency

Names = list[str]


def differences(stage: Any, records: Path) -> list[tuple[Names, Names]]:
    """Of inputs, of outputs and of parameters what was used outside of what is declared, and what
    was declared and not used."""
    record = records / stage.cmd.removeprefix("python -m ")
    used = json.loads(record.read_text(encoding="utf-8"))
    params = [dep for dep in stage.deps if isinstance(dep, ParamsDependency)]
    keys = [key for dep in params for key in dep.params]
    paths = [dep.def_path for dep in stage.deps if dep not in params]
    outs = [out.def_path for out in stage.outs]
    return [
        mismatch([*used["modules"], *used["read"]], paths, "/"),
        mismatch(used["wrote"], outs, "/"),
        mismatch(used["params"], keys, "."),
    ]


def mismatch(
    used: Iterable[str], declared: Iterable[str], mark: str
) -> tuple[list[str], list[str]]:
    """What is used outside of all that is declared, and what is declared and not used.

    A folder covers the files in it, a key of params.yaml those below it; mark: what separates the
    parts of a name.
    """

    def covers(whole: str, part: str) -> bool:
        return part == whole or part.startswith(whole + mark)

    used, declared = sorted(used), sorted(declared)
    outside = [part for part in used if not any(covers(whole, part) for whole in declared)]
    unused = [whole for whole in declared if not any(covers(whole, part) for part in used)]
    return outside, unused
