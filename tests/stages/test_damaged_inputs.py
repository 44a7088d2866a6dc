"""Each stage refuses each kind of file that it reads by name, where that is missing or damaged, and
names the command that makes it anew.

What it reads is what it was seen to read (`recorder.py`). Tables and pictures have no checksum: one
that was cut short is found by DVC, which makes it anew, and not by the stage.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from dvc.repo import Repo

from jepatlas.common.base.storage import read_arrays, write_arrays
from tests import project
from tests.stages.refusals import refusal

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated"),
]

# Of every kind of stage, the one of the first method.
COMMANDS = {name.partition("@")[0]: name for name in reversed(project.stage_names())}


@pytest.fixture(scope="module")
def records(first_run: Path) -> dict[str, Path]:
    """What was noted of a stage, by its name in dvc.yaml."""
    return {
        stage.name: first_run / "records" / stage.cmd.removeprefix("python -m ")
        for stage in Repo(str(first_run / "jepatlas")).index.stages
    }


def of_each_kind(record: Path) -> dict[tuple[Path, str], Path]:
    """The first of the files that other stages wrote, of each folder and type."""
    read = json.loads(record.read_text(encoding="utf-8"))["read"]
    files = [Path(name) for name in read if name.startswith(("data/", "plots/"))]
    return {(file.parent, file.suffix): file for file in reversed(files)}


def damages(file: Path) -> list[bytes | None]:
    """What may be in its place; None: nothing."""
    whole = file.read_bytes()
    flipped = bytearray(whole)
    flipped[2 * len(whole) // 3] ^= 1
    found = {".csv": [b"\xff\xfe"], ".npz": [whole[: len(whole) // 2], bytes(flipped)]}
    found[".safetensors"] = found[".npz"]
    return [None, *found.get(file.suffix, [])]


@pytest.mark.parametrize("name", COMMANDS.values())
def test_a_damaged_input_is_refused_by_name(
    name: str,
    records: dict[str, Path],
    ran: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ran)
    module, *arguments = records[name].name.split()
    for file in of_each_kind(records[name]).values():
        content = file.read_bytes()
        for damaged in damages(file):
            file.unlink() if damaged is None else file.write_bytes(damaged)
            said = refusal(module, arguments, monkeypatch, capsys)
            file.write_bytes(content)
            assert said.startswith(f"error: {file}: ")
            assert "`dvc repro` makes it" in said


@pytest.mark.parametrize("damage", ["another type", "another shape"])
@pytest.mark.parametrize(
    ("stage", "file", "name"),
    [
        ("mixture.figures", "data/mixture/evaluated/dsm.npz", "default/score"),
        ("mixture.figures", "data/mixture/evaluated/contrastive.npz", "as_published/points"),
        ("hidden_causes.figures", "data/hidden_causes/exact/drawn.npz", "grid"),
        ("hidden_causes.figures", "data/hidden_causes/evaluated/lejepa.npz", "mixings.spiral/grid"),
        ("noisy_tv.figures", "data/noisy_tv/oracle/drawn.npz", "default/true"),
        ("noisy_tv.figures", "data/noisy_tv/evaluated/bjepa.npz", "default/bjepa_std"),
        ("images.figures", "data/images/images.npz", "test_labels"),
        ("images.figures", "data/images/evaluated/jepa.npz", "maps"),
        ("report", "data/mixture/points/document.npz", "weights"),
        ("report", "data/mixture/evaluated/dsm.npz", "default/energy_0"),
        ("report", "data/noisy_tv/oracle/drawn.npz", "default/kalman"),
        ("report", "data/noisy_tv/evaluated/jepa.npz", "as_published/jepa"),
        ("report", "data/hidden_causes/exact/drawn.npz", "mixings.spiral/grid"),
        ("report", "data/hidden_causes/evaluated/lejepa.npz", "mixings.spiral/grid_steps"),
        ("report", "data/images/images.npz", "test_labels"),
        ("report", "data/images/evaluated/vicreg.npz", "predicted"),
    ],
)
def test_what_is_drawn_of_another_type_or_shape_is_refused_by_name(
    stage: str,
    file: str,
    name: str,
    damage: str,
    ran: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ran)
    content = (ran / file).read_bytes()
    arrays = read_arrays(ran / file)
    changed = arrays[name].astype(complex) if damage == "another type" else arrays[name][..., :-1]
    write_arrays(ran / file, arrays | {name: np.asarray(changed)})
    said = refusal(f"stages.{stage}", [], monkeypatch, capsys)
    (ran / file).write_bytes(content)
    assert said.startswith(f"error: {file}: the array ")
    assert said.endswith("; `dvc repro` makes it anew\n")


@pytest.mark.parametrize(
    ("stage", "file", "column"),
    [
        ("mixture.figures", "data/mixture/measured/dsm.csv", "ci95"),
        ("images.figures", "data/images/measured/jepa.csv", "members"),
        ("noisy_tv.figures", "data/noisy_tv/measured/jepa.csv", "measure"),
        ("noisy_tv.figures", "data/noisy_tv/rows/jepa.csv", "measure"),
        ("hidden_causes.figures", "data/hidden_causes/measured/lejepa.csv", "mean"),
        ("hidden_causes.figures", "data/hidden_causes/rows/lejepa.csv", "bound"),
        ("claims", "plots/images/tables/data_set.csv", "name"),
        ("report", "plots/claims.csv", "verdict"),
        ("report", "plots/images/tables/training.csv", "loss"),
        ("report", "plots/images/tables/confusion.csv", "count"),
        ("report", "plots/noisy_tv/tables/r2.csv", "scale"),
        ("report", "plots/noisy_tv/tables/rollout.csv", "horizon"),
        ("report", "plots/hidden_causes/tables/shapes.csv", "alpha"),
        ("report", "plots/hidden_causes/tables/bounds.csv", "world"),
    ],
)
def test_a_table_without_a_column_is_refused_by_name(
    stage: str,
    file: str,
    column: str,
    ran: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ran)
    content = (ran / file).read_text(encoding="utf-8")
    first, rest = content.split("\n", 1)
    names = ["another" if name == column else name for name in first.split(",")]
    assert "another" in names
    (ran / file).write_text(",".join(names) + "\n" + rest, encoding="utf-8")
    said = refusal(f"stages.{stage}", [], monkeypatch, capsys)
    (ran / file).write_text(content, encoding="utf-8")
    assert said == f"error: {file}: lacks the column {column}; `dvc repro` makes it anew\n"
