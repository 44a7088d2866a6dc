"""An interruption of a training leaves no trace: in epochs, with everything that draws."""

import sys
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

from jepatlas.common.base.parameters import validate
from jepatlas.common.learning import training as training_module
from jepatlas.common.learning.batches import Epochs
from jepatlas.common.learning.checkpoint import Checkpoint, checkpoint_for, forget
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import Separate, average_of
from jepatlas.common.learning.training import Training, train

SETTINGS = {"learning_rate": 0.05, "weight_decay": 0.01, "schedule": "cosine", "averaging": 0.9}
COUNT, SIZE, EPOCHS = 70, 16, 4  # four full batches and a rest
MEMBERS = 2


class Interrupted(Exception):
    pass


@pytest.fixture(autouse=True)
def _after_every_round(monkeypatch):
    monkeypatch.setattr(training_module, "CHECKPOINT_EVERY", 0.0)


@pytest.fixture
def checkpoint(tmp_path):
    return Checkpoint(tmp_path / "training.checkpoint")


def world():
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.normal(size=(COUNT, 3)), dtype=torch.float32)
    return x, x @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.3


def build():
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.SiLU(), nn.Linear(8, 1))


def fitted(checkpoint, report=lambda row: None):
    """What a training ends with, and the batches it saw."""
    x, y = world()
    online = Separate(build, Draws(0, MEMBERS, "weights"))
    parts = nn.ModuleDict({"online": online, "average": average_of(online)})
    order, noise = Draws(0, MEMBERS, "order"), Draws(0, MEMBERS, "noise")
    batches, seen = Epochs(EPOCHS, SIZE, COUNT, order), []

    def loss(batch):
        seen.append(batch)
        given = x[batch.examples] + 0.1 * noise.normal(SIZE, 3)
        return (parts["online"](given) - y[batch.examples]).square().mean((1, 2))

    def measure():
        return {"bias": torch.stack([net[0].bias.sum().detach() for net in online.members])}

    trained = train(
        parts,
        loss,
        batches,
        validate(SETTINGS, Training, "here"),
        "here",
        draws=(order, noise),
        snapshots={0, 3, 4, 16},
        measure=measure,
        report=report,
        checkpoint=checkpoint,
    )
    return trained, seen


def everything(trained):
    tensors = {f"final/{k}": v for k, v in trained.final.items()}
    for step, snapshot in trained.snapshots.items():
        tensors |= {f"{step}/{k}": v for k, v in snapshot.items()}
    tensors |= {f"curves/{k}": v for k, v in trained.curves.items()}
    return {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}


@pytest.mark.parametrize("after", [1, 2, 3])
def test_an_interrupted_training_ends_in_the_same_bytes(tmp_path, after):
    whole, _ = fitted(Checkpoint(tmp_path / "whole"))
    checkpoint, reported, again = Checkpoint(tmp_path / "interrupted"), [], []

    def report(row):
        reported.append(row)
        if len(reported) == after:
            raise Interrupted

    with pytest.raises(Interrupted):
        fitted(checkpoint, report)
    trained, seen = fitted(checkpoint, again.append)
    assert everything(trained) == everything(whole)
    assert len(seen) == (EPOCHS - after) * 4  # only what was left to do
    assert torch.equal(torch.stack([row["loss"] for row in again]), trained.curves["loss"])
    assert [list(row) for row in again] == [["loss", "bias"]] * EPOCHS  # not by the alphabet
    assert trained.steps.tolist() == [4, 8, 12, 16]


def test_a_finished_training_is_not_repeated(checkpoint):
    first, _ = fitted(checkpoint)
    second, seen = fitted(checkpoint)
    assert everything(second) == everything(first)
    assert not seen


def test_a_quick_training_writes_none(checkpoint, monkeypatch):
    monkeypatch.setattr(training_module, "CHECKPOINT_EVERY", 1000.0)
    fitted(checkpoint)
    assert not checkpoint.path.exists()


@pytest.mark.parametrize("change", ["cut", "flipped", "empty"])
def test_a_damaged_checkpoint_is_set_aside_with_a_warning(checkpoint, capsys, change):
    whole, _ = fitted(checkpoint)
    content = bytearray(checkpoint.path.read_bytes())
    if change == "cut":
        content = content[:-7]
    elif change == "flipped":
        content[len(content) // 2] ^= 1
    else:
        content = content[:0]
    checkpoint.path.write_bytes(content)
    trained, seen = fitted(checkpoint)
    assert len(seen) == 16
    assert everything(trained) == everything(whole)
    assert "is damaged; set aside as training.damaged" in capsys.readouterr().err
    assert checkpoint.path.with_suffix(".damaged").read_bytes() == content


def test_a_checkpoint_belongs_to_parameters_data_and_code(monkeypatch, tmp_path):
    arrays, settings = {"x": np.arange(4)}, validate(SETTINGS, Training, "here")
    first = checkpoint_for("images", (settings, 0), arrays)
    assert checkpoint_for("images", (settings, 0), {"x": np.arange(4)}) == first
    others = [
        checkpoint_for("images", (settings, 1), arrays),
        checkpoint_for("images", (settings.model_copy(update={"averaging": 0.5}), 0), arrays),
        checkpoint_for("images", (settings, 0), {"x": np.array([0, 1, 2, 4])}),
        checkpoint_for("images", (settings, 0), {"x": np.arange(4).reshape(2, 2)}),
        checkpoint_for("other", (settings, 0), arrays),
    ]
    ours, foreign = imported(monkeypatch, tmp_path, "jepatlas.images.methods.mine", "elsewhere")
    for code in ("a method", "another one"):
        ours.write_text(code, encoding="utf-8")
        others.append(checkpoint_for("images", (settings, 0), arrays))
    foreign.write_text("edited", encoding="utf-8")
    assert checkpoint_for("images", (settings, 0), arrays) == others[-1]
    monkeypatch.setattr(torch, "__version__", "0")
    others.append(checkpoint_for("images", (settings, 0), arrays))
    assert len({other.path for other in [first, *others]}) == 9


def imported(monkeypatch, folder, *names):
    """The files, empty, of modules that this process has imported, so it seems."""
    files = [folder / f"{name}.py" for name in names]
    for name, file in zip(names, files, strict=True):
        file.touch()
        module = ModuleType(name)
        module.__file__ = str(file)
        monkeypatch.setitem(sys.modules, name, module)
    return files


def test_forget_removes_the_checkpoints_of_one_name(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    kept = checkpoint_for("images-lejepa", 0, {})
    gone = [checkpoint_for("images-jepa", key, {}) for key in (0, 1)]
    for checkpoint in [kept, *gone]:
        checkpoint.save({"x": torch.zeros(1)})
    forget("images-jepa")
    assert kept.path.exists()
    assert not any(checkpoint.path.exists() for checkpoint in gone)
