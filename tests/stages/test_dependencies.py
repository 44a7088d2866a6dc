"""Every stage uses what dvc.yaml declares, and nothing else: code, files and parameters."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import safetensors.torch
from dvc.repo import Repo
from PIL import Image

from tests import project
from tests.images.worlds import write_strokes
from tests.stages.declared import differences, mismatch

RECORDER = Path(__file__).with_name("recorder.py")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def stages(ran: Path) -> dict[str, Any]:
    """Those of the project when it has every method."""
    project.change(ran, lambda params: params.update(project.parameters(project.ALL)))
    with Repo(str(ran)) as repo:
        return {stage.name: stage for stage in repo.index.stages}


@pytest.fixture(scope="module")
def records(first_run: Path, ran: Path, stages: dict[str, Any], warm: list[str]) -> Path:
    """What each stage used. Those that the first run lacks are run here, in the order of dvc.yaml,
    and without DVC."""
    folder = first_run / "records"
    for stage in stages.values():
        python, *words = stage.cmd.split()
        assert python == "python"
        if not (folder / " ".join(words[1:])).exists():
            project.run(ran, *warm, str(RECORDER), *words, RECORDS=str(folder))
    return folder


@pytest.fixture(scope="module")
def records_of_own(warm: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `images_data` used of images of one's own: the digits of the first run come with
    scikit-learn and are in no file."""
    folder = tmp_path_factory.mktemp("records")
    root = project.copy(tmp_path_factory.mktemp("own") / "jepatlas")
    write_strokes(root / "data/supplied")
    project.change(root, lambda params: params["images"]["data"].update(set="own"))
    project.run(root, *warm, str(RECORDER), "-m", "stages.images.data", RECORDS=str(folder))
    return folder


@pytest.mark.parametrize("name", project.stage_names(project.ALL))
def test_a_stage_declares_what_it_uses_and_uses_what_it_declares(
    records: Path, records_of_own: Path, stages: dict[str, Any], name: str
) -> None:
    folder = records_of_own if name == "images_data" else records
    assert differences(stages[name], folder) == [([], [])] * 3


def test_every_stage_is_looked_at(stages: dict[str, Any]) -> None:
    assert set(stages) == set(project.stage_names(project.ALL))


def test_a_mismatch_is_found() -> None:
    assert mismatch(["a/b.py", "c.py"], ["a", "d"], "/") == (["c.py"], ["d"])
    assert mismatch(["ab/c.py"], ["a"], "/") == (["ab/c.py"], ["a"])
    assert mismatch(["a.b.c"], ["a.b"], ".") == ([], [])


def test_nothing_that_stages_read_or_write_can_execute(first_run: Path) -> None:
    """Every file is read by a reader that makes numbers and texts of it, and of nothing else."""
    root = first_run / "jepatlas"
    kinds = set()
    for folder in ("data", "metrics", "plots"):
        for file in (root / folder).rglob("*"):
            if file.is_file() and file.name not in (".gitignore", "README.md"):
                READERS[file.suffix](file)
                kinds.add(file.suffix)
    assert kinds == set(READERS)


def arrays(file: Path) -> None:
    with np.load(file, allow_pickle=False) as archive:
        assert all(array.dtype.kind in "biufU" for array in dict(archive).values())


def picture(file: Path) -> None:
    with Image.open(file, formats=["PNG", "GIF"]) as image:
        image.verify()


def drawing(file: Path) -> None:
    tags = {tag for tag in ElementTree.parse(file).iter() if isinstance(tag.tag, str)}
    assert not any(tag.tag.endswith("}script") for tag in tags)
    assert not any(name.startswith("on") for tag in tags for name in tag.attrib)


READERS: dict[str, Callable[[Path], object]] = {
    ".npz": arrays,
    ".safetensors": lambda file: safetensors.torch.load(file.read_bytes()),
    ".csv": pd.read_csv,
    ".tsv": lambda file: pd.read_csv(file, sep="\t"),
    ".json": lambda file: json.loads(file.read_text(encoding="utf-8")),
    ".png": picture,
    ".gif": picture,
    ".svg": drawing,
    ".html": lambda file: file.read_text(encoding="utf-8"),  # see tests/report/test_page.py
}
