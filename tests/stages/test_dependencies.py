"""Every stage uses what dvc.yaml declares, and nothing else: code, files and parameters."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from dvc.dependency.param import ParamsDependency
from dvc.repo import Repo

from tests import project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stages(first_run: Path) -> dict[str, Any]:
    return {stage.name: stage for stage in Repo(str(first_run / "jepatlas")).index.stages}


@pytest.mark.parametrize("name", project.stage_names())
def test_a_stage_declares_what_it_uses_and_uses_what_it_declares(
    first_run: Path, stages: dict[str, Any], name: str
) -> None:
    stage = stages[name]
    python, dash_m, *module = stage.cmd.split()
    assert (python, dash_m) == ("python", "-m")
    record = first_run / "records" / " ".join(module)
    used = json.loads(record.read_text(encoding="utf-8"))
    params = [dep for dep in stage.deps if isinstance(dep, ParamsDependency)]
    keys = [key for dep in params for key in dep.params]
    paths = [dep.def_path for dep in stage.deps if dep not in params]
    if name == "images_data":  # the copy's digits come with scikit-learn and need no files
        paths.remove("data/supplied")
    outs = [out.def_path for out in stage.outs]
    assert mismatch([*used["modules"], *used["read"]], paths, "/") == ([], [])
    assert mismatch(used["wrote"], outs, "/") == ([], [])
    assert mismatch(used["params"], keys, ".") == ([], [])


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


def test_every_stage_is_looked_at(stages: dict[str, Any]) -> None:
    assert set(stages) == set(project.stage_names())


def test_a_mismatch_is_found() -> None:
    assert mismatch(["a/b.py", "c.py"], ["a", "d"], "/") == (["c.py"], ["d"])
    assert mismatch(["ab/c.py"], ["a"], "/") == (["ab/c.py"], ["a"])
    assert mismatch(["a.b.c"], ["a.b"], ".") == ([], [])
