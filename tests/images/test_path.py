"""Images of one's own through every stage of the track, with a method of one's own beside another.

The stages run as they stand, in this process, in a folder with little more than params.yaml.
"""

import json
import re
import runpy
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from safetensors.torch import load

from jepatlas.common.reporting import rules
from jepatlas.images import methods
from jepatlas.images.reporting import claims, page, tables
from tests import project
from tools import small

OWN = "my_own"  # networks of another kind, without convolutions: an MLP with a skip connection
MODULE = """
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.images.learning.method import Pairs, TwoViews
from jepatlas.objectives.decorrelation import barlow_twins


class Residual(nn.Module):
    def __init__(self, pixels: int, dim: int) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(pixels, dim), nn.Linear(dim, dim)

    def forward(self, images: Tensor) -> Tensor:
        hidden = self.first(images.flatten(1))
        return hidden + self.second(nn.functional.gelu(hidden))


class Method(TwoViews):
    def encoder(self, shape: tuple[int, int]) -> nn.Module:
        return Residual(shape[0] * shape[1], self.dim)

    def loss(self, networks: nn.ModuleDict, batch: Pairs, draws: Draws) -> Tensor:
        return barlow_twins(*self.views(networks, batch, draws), 0.005)
"""
KINDS = {  # height and width, classes, members, ensemble_size
    "folder of wide images": ((17, 40), 3, 1, 1),
    "archive of the largest images": ((64, 64), 12, 1, 1),
    "archive of the smallest images, two members of two networks": ((8, 8), 2, 2, 2),
}


def bars(shape: tuple[int, int], classes: int) -> tuple[Any, Any]:
    """A bar in noise, at a height of its own for each class: uint8 `[n, *shape]`, `[n]`."""
    labels = np.arange(max(60, 12 * classes)) % classes
    images = np.random.default_rng(0).integers(60, size=(len(labels), *shape)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        top = label * (shape[0] - 2) // (classes - 1)
        image[top : top + 2, 1:-1] = 250
    return images, labels


def supply(folder: Path, kind: str) -> None:
    shape, classes, *_ = KINDS[kind]
    images, labels = bars(shape, classes)
    folder.mkdir(parents=True)
    if kind.startswith("archive"):
        names = np.array([f"kind {label}" for label in labels])
        np.savez(folder / "images.npz", images=images, labels=names)
        return
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        (folder / f"kind {label}").mkdir(exist_ok=True)
        Image.fromarray(image).save(folder / f"kind {label}" / f"{number}.png")


def edit(kind: str) -> Any:
    """Two methods, small."""
    _, _, members, size = KINDS[kind]

    def change(params: dict[str, Any]) -> None:
        small.shrink(params)
        block = params["images"]
        block["data"]["set"], block["members"] = "own", members
        own = {**block["methods"]["vicreg"], "family": "decorrelation"}
        for key in ("invariance", "variance", "covariance"):
            del own[key]
        block["methods"] = {"jepa": block["methods"]["jepa"], OWN: own}
        for method in block["methods"].values():
            method |= {"batch": 16, "ensemble_size": size}
        block["decoder"]["batch"] = 16

    return change


def stage(name: str, *arguments: str) -> None:
    sys.argv = [name, *arguments]
    runpy.run_module(f"stages.images.{name}", run_name="__main__")


@pytest.fixture(scope="module", params=KINDS)
def ran(request, tmp_path_factory):
    """What kind of images, and the folder in which all stages ran."""
    root, kind = tmp_path_factory.mktemp("own"), request.param
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.setattr(sys, "argv", sys.argv)
        (root / "methods").mkdir()
        (root / "methods" / f"{OWN}.py").write_text(MODULE, encoding="utf-8")
        patch.setattr(methods, "__path__", [*methods.__path__, str(root / "methods")])
        shutil.copy(project.ROOT / "params.yaml", root)
        project.change(root, edit(kind))
        supply(root / "data/supplied", kind)
        stage("data")
        for name in ("jepa", OWN):
            for step in ("train", "decode", "evaluate"):
                stage(step, name)
        stage("figures")
        yield kind, root
    sys.modules.pop(f"{methods.__name__}.{OWN}", None)  # the next folder has a copy of its own


def test_all_methods_are_measured_and_drawn(ran):
    kind, root = ran
    _, classes, members, _ = KINDS[kind]
    measured = pd.read_csv(root / "plots/images/tables/measures.csv")
    assert list(measured["method"].unique()) == ["jepa", OWN]
    trained = load((root / f"data/images/trained/{OWN}.safetensors").read_bytes())
    assert any(name.endswith(".first.weight") for name in trained)  # its own networks, no others
    accuracy = measured[measured["measure"] == "knn.accuracy"]
    assert accuracy["mean"].between(0, 1).all()
    assert accuracy["ci95"].notna().all()  # over test images, or over members
    training = pd.read_csv(root / "plots/images/tables/training.csv")
    assert set(training["method"]) == {"jepa", OWN}
    confusion = pd.read_csv(root / "plots/images/tables/confusion.csv")
    assert set(confusion["actual"]) == {f"kind {k}" for k in range(classes)}
    with np.load(root / "data/images/images.npz") as images:
        assert (confusion.groupby("method")["count"].sum() == len(images["test_labels"])).all()
    for name in ("jepa", OWN):
        headlines = json.loads((root / f"metrics/images/{name}.json").read_text())
        assert len(headlines[name]) == 3
        with np.load(root / f"data/images/evaluated/{name}.npz") as arrays:
            assert arrays["curve_loss"].shape == (2, members)
    drawn = {file.name for file in (root / "plots/images/pictures").iterdir()}
    names = ["perturbations", "maps", "neighbours", "reconstructions", "robustness", "confusions"]
    assert drawn == {*(f"{name}.png" for name in names), "training.gif"}
    papers = {file.name for file in (root / "plots/images/papers").iterdir()}
    assert papers == {f"{name}.svg" for name in names}


def test_page_and_tables_show_all_methods_and_name_the_set(ran, monkeypatch):
    kind, root = ran
    (height, width), classes, members, _ = KINDS[kind]
    monkeypatch.chdir(root)
    section = page.page()
    assert "images of data/supplied" in section.html
    assert [method["label"] for method in section.data["methods"]] == ["JEPA", "my own"]
    assert section.data["classes"] == [f"kind {k}" for k in range(classes)]
    (ratio,) = re.findall(r"aspect-ratio: 1 / ([\d.]+)", section.html)
    assert float(ratio) == pytest.approx(height / width, rel=1e-5)
    assert ("the first of 2 members" in section.html) == (members == 2)
    found = tables.tables()
    assert "| 5-NN accuracy, clean |" in found.pop("images seeds")  # of the document's method
    for table in found.values():
        assert "`jepa`" in table
        assert f"`{OWN}`" in table


def test_claims_about_mnist_are_not_tested(ran, monkeypatch):
    monkeypatch.chdir(ran[1])
    evidence = rules.Evidence({"images": ["jepa", OWN]}, {"images": claims.data_set()})
    rows = [rules.judge(claim, evidence) for claim in claims.claims()]
    assert rows
    assert {row["verdict"] for row in rows} == {rules.NOT_TESTED}
    assert {row["reason"] for row in rows} == {"The claim is about mnist, and this run is on own."}
