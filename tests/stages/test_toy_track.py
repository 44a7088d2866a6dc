"""A track is added beside the others as CONTRIBUTING.md has it, from the folder tests/toy."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.repo import Repo

from tests import project
from tests.report import toy
from tests.stages.conftest import RECORDER, program
from tests.stages.declared import differences
from tools import small

pytestmark = pytest.mark.slow

STAGES = {"toy_train@line", "toy_evaluate@line", "toy_figures", "claims", "report"}


def add(root: Path) -> None:
    """A folder in src and one in stages, stages in dvc.yaml, a block of parameters, a document."""
    for folder in ("src", "stages"):
        shutil.copytree(toy.TRACK / folder, root / folder, dirs_exist_ok=True)
    own = yaml.safe_load((toy.TRACK / "pipeline.yaml").read_text(encoding="utf-8"))
    pipeline = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))
    for name, stage in own["stages"].items():
        known = pipeline["stages"].setdefault(name, stage)
        if known is not stage:
            known["deps"] += stage["deps"]
            known["params"] += stage.get("params", [])
    pipeline["plots"] += own["plots"]
    toy.write(root / "dvc.yaml", project.dumped(pipeline))
    block = {"toy": toy.PARAMS["toy"]}
    small.shrink(block)
    project.change(root, lambda params: params.update(block))
    toy.write(root / "src/jepatlas/toy/reporting/tables.py", toy.TABLES)
    toy.write(root / "docs/toy.md", "# Toy\n\n<!-- table: toy errors -->\n<!-- end -->\n")


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where is noted what each stage used that ran."""
    return tmp_path_factory.mktemp("records")


@pytest.fixture(scope="module")
def ran_stages(
    ran: Path, warm: list[str], records: Path, tmp_path_factory: pytest.TempPathFactory
) -> set[str]:
    """The toy is added to a project that was run; the stages that `dvc repro` then runs."""
    add(ran)
    programs = tmp_path_factory.mktemp("recording")
    program(programs / "python", *warm, str(RECORDER))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(project, "PROGRAMS", [programs, *project.PROGRAMS])
        patch.setenv("RECORDS", str(records))
        return project.reproduce(ran)


def test_only_its_stages_run_and_those_that_look_at_every_track(ran_stages: set[str]) -> None:
    assert ran_stages == STAGES


@pytest.mark.parametrize("name", sorted(STAGES))
def test_its_stages_declare_what_they_use(
    ran: Path, ran_stages: set[str], records: Path, name: str
) -> None:
    with Repo(str(ran)) as repo:
        (stage,) = (stage for stage in repo.index.stages if stage.name == name)
        found = differences(stage, records)
    # What claims and report declare for methods that the small project lacks is not used here.
    if name in ("claims", "report"):
        found = [(outside, [one for one in unused if "toy" in one]) for outside, unused in found]
    assert found == [([], [])] * 3


def test_it_is_trained(ran: Path, ran_stages: set[str]) -> None:
    """Distances are 1.6 with the weights that it starts from."""
    shown = json.loads(project.run(ran, "dvc", "metrics", "show", "--json").stdout)
    found = shown[""]["data"]["metrics/toy/line.json"]["data"]
    assert found["line"]["error"] < 0.1
    assert list((ran / "plots/toy/pictures").iterdir()) == [ran / "plots/toy/pictures/errors.png"]
    assert (ran / "plots/toy/papers/errors.svg").stat().st_size > 0


def test_it_is_on_the_page_and_in_its_menus(ran: Path, ran_stages: set[str]) -> None:
    page = (ran / "plots/report/index.html").read_text(encoding="utf-8")
    assert all(f'<li><a href="#{track}">' in page for track in project.FEW)
    assert '<li><a href="#toy">Toy world</a></li>' in page
    assert '<section id="toy"' in page
    assert '<th scope="row">error.1</th>' in page
    assert 'data-filter="track" data-value="toy"' in page
    assert '<tr id="claim-toy-exact" data-verdict="holds" data-track="toy">' in page


def test_its_table_stands_in_its_document(ran: Path, ran_stages: set[str]) -> None:
    project.run(ran, sys.executable, "tools/docs.py", PYTHONPATH="src")
    assert "| `line` | 0." in (ran / "docs/toy.md").read_text(encoding="utf-8")
    assert "| Toy world |" in (ran / "docs/claims.md").read_text(encoding="utf-8")


def test_a_change_of_it_reruns_its_stages_alone(ran: Path, ran_stages: set[str]) -> None:
    def edit(params: dict[str, Any]) -> None:
        params["toy"]["slope"] = 2

    assert project.reproduce(ran) == set()
    project.change(ran, edit)
    assert project.reproduce(ran) == STAGES
