"""The pipeline as its users meet it: what reruns, what can be compared, how a method is added."""

import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import project

pytestmark = pytest.mark.slow

# A method of one's own in each track, with networks of its own kind.
OWN = {
    "mixture": """
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP
from jepatlas.mixture.learning.method import Embedding
from jepatlas.objectives.decorrelation import vicreg


class Method(Embedding):
    def networks(self, points: Tensor, draws: Draws) -> nn.ModuleDict:
        return nn.ModuleDict({"mine": MLP([2, 16, 8], draws, nn.functional.gelu)})

    def embed(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        return networks["mine"](x)

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        return vicreg(*self.embed_views(networks, *self.views(batch, draws)), 25, 25, 1)
""",
    "images": """
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.images.learning.method import Pairs, TwoViews
from jepatlas.objectives.decorrelation import barlow_twins


class Method(TwoViews):
    def encoder(self, shape: tuple[int, int]) -> nn.Module:
        pixels = shape[0] * shape[1]
        hidden = nn.Linear(pixels, 32)
        return nn.Sequential(nn.Flatten(), hidden, nn.GELU(), nn.Linear(32, self.dim))

    def loss(self, networks: nn.ModuleDict, batch: Pairs, draws: Draws) -> Tensor:
        return barlow_twins(*self.views(networks, batch, draws), 0.005)
""",
    "noisy_tv": """
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP
from jepatlas.noisy_tv.learning.method import Decoding
from jepatlas.objectives.reconstruction import squared_error


class Method(Decoding):
    def networks(self, observation: int, draws: Draws) -> nn.ModuleDict:
        networks = super().networks(observation, draws)
        networks["online"] = MLP([observation, 16, self.latent], draws, nn.functional.gelu)
        return networks

    def loss(self, networks: nn.ModuleDict, window: Tensor, draws: Draws) -> Tensor:
        context, future = self.split(window)
        return squared_error(future, self.decode(networks, networks["online"](context)))
""",
    "hidden_causes": """
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP
from jepatlas.hidden_causes.learning.method import Base
from jepatlas.hidden_causes.truth.worlds import Setting
from jepatlas.objectives.whitening import whitening


class Method(Base):
    trade_off: float

    def networks(self, setting: Setting, draws: Draws) -> nn.ModuleDict:
        widths = [setting.observed, 16, setting.dim]
        return nn.ModuleDict({"mine": MLP(widths, draws, nn.functional.gelu)})

    def embed(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        return networks["mine"](x)

    def loss(self, networks: nn.ModuleDict, pairs: Tensor, draws: Draws) -> Tensor:
        return whitening(*self.embed_views(networks, pairs), self.trade_off)
""",
}
FAMILIES = {
    "mixture": "decorrelation",
    "images": "decorrelation",
    "noisy_tv": "reconstruction",
    "hidden_causes": "whitening",
}
# Whose block it takes.
LIKE = {"mixture": "contrastive", "images": "vicreg", "noisy_tv": "ar", "hidden_causes": "lejepa"}
NAME = "my_own"


@pytest.fixture(scope="module")
def clone(ran: Path) -> Path:
    """A small project that was run; tests leave it run and committed."""
    return ran


def test_a_second_run_runs_nothing(clone: Path) -> None:
    lock = yaml.safe_load((clone / "dvc.lock").read_text(encoding="utf-8"))
    assert set(lock["stages"]) == set(project.stage_names())
    assert project.reproduce(clone) == set()
    assert project.run(clone, "git", "status", "--porcelain").stdout == ""


def test_one_parameter_reruns_one_method_and_can_be_compared(clone: Path) -> None:
    before = []

    def edit(params: dict[str, Any]) -> None:
        recipe = params["mixture"]["methods"]["contrastive"]["default"]
        before.append(recipe["temperature"])
        recipe["temperature"] = 0.123

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
    spread = metrics["metrics/mixture/contrastive.json"]["contrastive.spread"]
    assert spread["new"] - spread["old"] == pytest.approx(spread["diff"])
    shown = project.run(clone, "dvc", "metrics", "diff", "HEAD~1", "HEAD").stdout
    assert len(shown.splitlines()) < 24  # it fits a screen

    params = json.loads(project.run(clone, "dvc", "params", "diff", "--json", "HEAD~1").stdout)
    (key, change) = params["params.yaml"].popitem()
    assert (key, change["old"], change["new"]) == (
        "mixture.methods.contrastive.default.temperature",
        *before,
        0.123,
    )
    assert not params["params.yaml"]
    page = project.run(clone, "dvc", "plots", "diff", "HEAD~1", "HEAD", "--json").stdout
    (training,) = json.loads(page)["data"]["mixture_training"]
    assert training["revisions"] == ["HEAD~1", "HEAD"]
    drawn = {(row["rev"], row["method"]) for row in training["content"]["data"]["values"]}
    revisions, methods = {"HEAD~1", "HEAD"}, set(project.FEW["mixture"])
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
    key = "mixture.methods.jepa_masked.default.noise"
    project.run(clone, "dvc", "exp", "run", "--name", "louder", "-S", f"{key}=0.25", "--temp")
    table = project.run(clone, "dvc", "exp", "show", "--csv").stdout.splitlines()
    (row,) = (row for row in csv.DictReader(table) if row["Experiment"] == "louder")
    assert row[key] == "0.25"
    show = ["dvc", "exp", "show", "--only-changed", "--no-pager"]
    shown = project.run(clone, *show, COLUMNS="120").stdout
    assert {"louder", "noise", "0.25", "spread"} <= set(re.findall(r"[\w.]+", shown))
    assert "…" not in shown  # nothing is left out
    assert project.run(clone, "git", "status", "--porcelain").stdout == ""


def numbers(content: Any) -> Iterator[Any]:
    if isinstance(content, dict):
        for item in content.values():
            yield from numbers(item)
    else:
        yield content


def test_a_method_of_ones_own_is_seen_everywhere_in_every_track(clone: Path) -> None:
    for track, source in OWN.items():
        module = clone / "src/jepatlas" / track / "methods" / f"{NAME}.py"
        module.write_text(source.lstrip(), encoding="utf-8")

    def edit(params: dict[str, Any]) -> None:
        for track, like in LIKE.items():
            methods = params[track]["methods"]
            block = {**methods[like], "family": FAMILIES[track]}
            for key in ("temperature", "invariance", "variance", "covariance", "slices"):
                block.pop(key, None)
            if track == "mixture":
                recipe = dict(block["default"])
                del recipe["temperature"]
                block = {"family": FAMILIES[track], "default": recipe}
            if track == "noisy_tv":
                for recipe in ("as_published", "default"):
                    block[recipe] = {**block[recipe], "batch": 64}
            if track == "hidden_causes":
                block["suites"] = ["mixings", "arm"]  # of the small ones, the arm has a headline
            methods[NAME] = block

    project.change(clone, edit)
    ran = project.reproduce(clone)
    own = {f"{track}_{kind}@{NAME}" for track in OWN for kind in ("train", "evaluate")}
    figures = {f"{track}_figures" for track in OWN}
    more = {f"images_decode@{NAME}", f"noisy_tv_control@{NAME}"}
    assert ran == own | figures | more | {"claims", "report"}
    shown = json.loads(project.run(clone, "dvc", "metrics", "show", "--json").stdout)
    for track in OWN:
        found = shown[""]["data"][f"metrics/{track}/{NAME}.json"]["data"]
        assert all(number is not None for number in numbers(found[NAME]))
        table = (clone / "plots" / track / "tables" / "measures.csv").read_text(encoding="utf-8")
        assert f"\n{NAME}," in table
    assert (clone / f"plots/mixture/pictures/{NAME}.gif").stat().st_size > 0
    for table in ("mixture/tables/training", "images/tables/training", "noisy_tv/tables/r2"):
        assert NAME in (clone / f"plots/{table}.csv").read_text(encoding="utf-8")
    page = (clone / "plots/report/index.html").read_text(encoding="utf-8")
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    sections = json.loads(data)["sections"]
    assert NAME in [method["name"] for method in sections["mixture"]["methods"]]
    assert NAME in [method["name"] for method in sections["images"]["methods"]]
    assert NAME in [model["name"] for model in sections["noisy_tv"]["models"]]
    assert any(NAME in world["methods"] for world in sections["hidden_causes"]["worlds"].values())
    project.run(clone, sys.executable, "tools/docs.py", PYTHONPATH="src")
    for document in OWN:
        assert f"`{NAME}`" in (clone / f"docs/{document}.md").read_text(encoding="utf-8")
    project.commit(clone, "Add methods")


def test_a_documents_table_of_what_was_not_measured_says_what_to_do(clone: Path) -> None:
    path = clone / "plots/mixture/tables/measures.csv"
    kept = path.read_text(encoding="utf-8")
    lines = [
        line for line in kept.splitlines() if "contrastive,default.landscape.depth" not in line
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        done = project.run(
            clone, sys.executable, "tools/docs.py", "--check", check=False, PYTHONPATH="src"
        )
    finally:
        path.write_text(kept, encoding="utf-8")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "landscape.depth of contrastive; run make repro" in done.stderr
