"""The pipeline as its users meet it: what reruns, what can be compared, how a method is added."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from tests import project

pytestmark = pytest.mark.slow

# A method of one's own: the mean squared distance to a fixed random embedding.
OWN_METHOD = """
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.mixture.learning.method import Embedding
from jepatlas.objectives.prediction import paired_distance


class Method(Embedding):
    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        z, z_prime = self.embed_views(networks, *self.views(batch, noise))
        return -paired_distance(z, z_prime)
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project, run once and committed; tests leave it run and committed."""
    root = project.copy(tmp_path_factory.mktemp("pipeline") / "jepatlas")
    project.run(root, "git", "init", "--quiet")
    project.commit(root, "Begin")  # DVCLive asks git for the last commit
    ran = project.reproduce(root)
    assert {"mixture_data", "mixture_train@dsm", "mixture_evaluate@dsm", "mixture_figures"} <= ran
    project.commit(root, "Run everything")
    return root


def test_a_second_run_runs_nothing(clone: Path) -> None:
    assert project.reproduce(clone) == set()
    assert project.run(clone, "git", "status", "--porcelain").stdout == ""


def test_one_parameter_reruns_one_method_and_can_be_compared(clone: Path) -> None:
    def edit(params: dict[str, Any]) -> None:
        params["mixture"]["methods"]["contrastive"]["temperature"] = 0.123

    project.change(clone, edit)
    assert project.reproduce(clone) == {
        "mixture_train@contrastive",
        "mixture_evaluate@contrastive",
        "mixture_figures",
        "claims",
        "report",
    }
    project.commit(clone, "Change the temperature")

    metrics = json.loads(
        project.run(clone, "dvc", "metrics", "diff", "--json", "HEAD~1", "HEAD").stdout
    )
    # The counts of verdicts may or may not have changed with it.
    assert set(metrics) - {"metrics/claims.json"} == {"metrics/mixture/contrastive.json"}
    spread = metrics["metrics/mixture/contrastive.json"]["collapse.spread.mean"]
    assert spread["new"] - spread["old"] == pytest.approx(spread["diff"])

    params = json.loads(project.run(clone, "dvc", "params", "diff", "--json", "HEAD~1").stdout)
    (key, change) = params["params.yaml"].popitem()
    assert (key, change["old"], change["new"]) == (
        "mixture.methods.contrastive.temperature",
        0.5,
        0.123,
    )
    assert not params["params.yaml"]
    page = project.run(clone, "dvc", "plots", "diff", "HEAD~1", "HEAD", "--json").stdout
    (training,) = json.loads(page)["data"]["mixture_training"]
    assert training["revisions"] == ["HEAD~1", "HEAD"]
    drawn = {(row["rev"], row["method"]) for row in training["content"]["data"]["values"]}
    revisions, methods = {"HEAD~1", "HEAD"}, set(project.METHODS)
    assert drawn == {(revision, method) for revision in revisions for method in methods}


def test_one_module_reruns_one_method(clone: Path) -> None:
    module = clone / "src/jepatlas/mixture/methods/dsm.py"
    source = module.read_text(encoding="utf-8")
    module.write_text(source + "\n# A remark, which changes the file but no result.\n", "utf-8")
    # The figures stay: the rerun gives the very same bytes.
    assert project.reproduce(clone) == {"mixture_train@dsm", "mixture_evaluate@dsm"}
    module.write_text(source, "utf-8")
    project.reproduce(clone)
    assert project.run(clone, "git", "status", "--porcelain").stdout == ""


def test_an_experiment_with_one_changed_value_is_run_and_listed(clone: Path) -> None:
    key = "mixture.methods.jepa_masked.noise"
    project.run(clone, "dvc", "exp", "run", "--name", "louder", "-S", f"{key}=0.25", "--temp")
    table = project.run(clone, "dvc", "exp", "show", "--csv").stdout.splitlines()
    (row,) = (row for row in csv.DictReader(table) if row["Experiment"] == "louder")
    assert row[key] == "0.25"
    assert project.run(clone, "git", "status", "--porcelain").stdout == ""


def test_a_method_of_ones_own_is_one_module_and_one_block(clone: Path) -> None:
    module = clone / "src/jepatlas/mixture/methods/jepa_repelled.py"
    module.write_text(OWN_METHOD.lstrip(), encoding="utf-8")

    def edit(params: dict[str, Any]) -> None:
        methods = params["mixture"]["methods"]
        block = {**methods["contrastive"], "family": "prediction"}
        del block["temperature"]
        methods["jepa_repelled"] = block

    project.change(clone, edit)
    assert project.reproduce(clone) == {
        "mixture_train@jepa_repelled",
        "mixture_evaluate@jepa_repelled",
        "mixture_figures",
        "claims",
        "report",
    }
    shown = json.loads(project.run(clone, "dvc", "metrics", "show", "--json").stdout)
    files = shown[""]["data"]
    measured = files["metrics/mixture/jepa_repelled.json"]["data"]
    assert 0 <= measured["landscape"]["auroc"]["mean"] <= 1
    assert (clone / "plots/mixture/pictures/jepa_repelled.gif").stat().st_size > 0
    assert "jepa_repelled" in (clone / "plots/mixture/training.csv").read_text(encoding="utf-8")
    project.commit(clone, "Add a method")
