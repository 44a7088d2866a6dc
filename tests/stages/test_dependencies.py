"""dvc.yaml declares exactly what each stage uses: modules, files and parameters."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from dvc.dependency.param import ParamsDependency
from dvc.repo import Repo

from tests import project

pytestmark = pytest.mark.slow

RECORDER = Path(__file__).with_name("recorder.py")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = project.copy(tmp_path_factory.mktemp("dependencies") / "jepatlas")
    project.run(root, "git", "init", "--quiet")
    project.commit(root, "Begin")  # DVCLive asks git for the last commit
    project.reproduce(root)
    return root


@pytest.fixture(scope="module")
def stages(clone: Path) -> dict[str, Any]:
    return {stage.name: stage for stage in Repo(str(clone)).index.stages}


@pytest.mark.parametrize(
    "name",
    [
        "mixture_data",
        *(f"mixture_train@{method}" for method in project.METHODS),
        *(f"mixture_evaluate@{method}" for method in project.METHODS),
        "mixture_figures",
        "noisy_tv_data",
        *(f"noisy_tv_train@{method}" for method in project.NOISY_TV_METHODS),
        "noisy_tv_evaluate",
        "noisy_tv_figures",
        "claims",
        "report",
        "images_data",
        *(f"images_train@{method}" for method in project.IMAGES_METHODS),
        *(f"images_evaluate@{method}" for method in project.IMAGES_METHODS),
        *(f"images_decode@{method}" for method in project.IMAGES_METHODS),
        "images_figures",
    ],
)
def test_a_stage_declares_exactly_what_it_uses(
    clone: Path, stages: dict[str, Any], name: str
) -> None:
    stage = stages[name]
    python, dash_m, *module = stage.cmd.split()
    assert (python, dash_m) == ("python", "-m")
    used = json.loads(
        project.run(clone, sys.executable, str(RECORDER), *module).stdout.splitlines()[-1]
    )
    params = [dep for dep in stage.deps if isinstance(dep, ParamsDependency)]
    declared = {dep.def_path for dep in stage.deps if dep not in params}
    assert {key for dep in params for key in dep.params} == set(used["params"])
    methods = {path for path in declared if path.endswith("/methods")}
    code = {path for path in declared if path.endswith(".py")} | methods
    assert code == folded(used["modules"], methods)
    assert declared - code == folded(used["read"], declared - code)
    outs = {out.def_path for out in stage.outs}
    assert outs == folded(used["wrote"], outs)


def folded(files: list[str], declared: set[str]) -> set[str]:
    """The files, with those inside a declared folder replaced by the folder."""
    return {
        next((path for path in declared if Path(file).is_relative_to(path)), file) for file in files
    }


def test_every_stage_is_looked_at(stages: dict[str, Any]) -> None:
    methods = set(project.METHODS)
    kinds = {"mixture_train", "mixture_evaluate"}
    expected = {f"{kind}@{method}" for kind in kinds for method in methods}
    expected |= {f"noisy_tv_train@{method}" for method in project.NOISY_TV_METHODS}
    whole = {
        "mixture_data",
        "mixture_figures",
        "noisy_tv_data",
        "noisy_tv_evaluate",
        "noisy_tv_figures",
    }
    whole |= {"claims", "report"}
    images = ("images_train", "images_evaluate", "images_decode")
    expected |= {f"{kind}@{method}" for kind in images for method in project.IMAGES_METHODS}
    whole |= {"images_data", "images_figures"}
    assert set(stages) == expected | whole
