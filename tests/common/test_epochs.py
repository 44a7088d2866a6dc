"""Training in epochs: what it minimises, and that an interruption leaves no trace."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from jepatlas.common.learning.checkpoint import Checkpoint, checkpoint_for, forget
from jepatlas.common.learning.ensemble import average_of
from jepatlas.common.learning.epochs import Epochs, Trainer
from jepatlas.common.learning.training import Diverged

SETTINGS = Epochs(epochs=4, batch=16, learning_rate=0.05, weight_decay=0.01)
COUNT = 70  # four full batches and a rest


class Interrupted(Exception):
    pass


def world():
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.normal(size=(COUNT, 3)), dtype=torch.float32)
    return x, x @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.3


def networks():
    torch.manual_seed(0)
    online = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.SiLU(), nn.Linear(8, 1))
    return nn.ModuleDict({"online": online, "average": average_of(online)})


def train(checkpoint, report=lambda values: None, settings=SETTINGS, seed=0, averaging=0.9):
    x, y = world()
    parts = networks()
    seen = []

    def loss(batch):
        seen.append(batch)
        noise = 0.1 * torch.randn(len(batch.examples), 3, generator=batch.generator)
        return (parts["online"](x[batch.examples] + noise) - y[batch.examples]).square().mean()

    def measure():
        return {"bias": parts["online"][0].bias.sum().item()}

    trainer = Trainer(parts, settings, seed, "here", averaging, snapshots=3)
    state = trainer.run(COUNT, loss, measure, checkpoint, report)
    return parts, state, seen


def everything(parts, state):
    tensors = {f"networks/{k}": v for k, v in parts.state_dict().items()}
    for epoch, snapshot in state.snapshots.items():
        tensors |= {f"{epoch}/{k}": v for k, v in snapshot.items()}
    return {k: v.numpy().tobytes() for k, v in tensors.items()} | {"curves": state.curves}


@pytest.fixture
def checkpoint(tmp_path):
    return Checkpoint(tmp_path / "training.checkpoint")


@pytest.mark.parametrize("after", [1, 2, 3])
def test_an_interrupted_training_ends_in_the_same_bytes(tmp_path, after):
    whole = everything(*train(Checkpoint(tmp_path / "whole"))[:2])
    checkpoint = Checkpoint(tmp_path / "interrupted")
    reported = []

    def report(values):
        reported.append(values)
        if len(reported) == after:
            raise Interrupted

    with pytest.raises(Interrupted):
        train(checkpoint, report)
    again = []
    parts, state, seen = train(checkpoint, again.append)
    assert everything(parts, state) == whole
    assert len(seen) == (4 - after) * 4  # only what was left to do
    assert [values["loss"] for values in again] == state.curves["loss"]
    assert [list(values) for values in again] == [["loss", "bias"]] * 4  # not by the alphabet
    assert set(state.snapshots) == {0, 1, 4}


def test_a_finished_training_is_not_repeated(checkpoint):
    first = train(checkpoint)
    second = train(checkpoint)
    assert everything(*second[:2]) == everything(*first[:2])
    assert not second[2]


@pytest.mark.parametrize("change", ["cut", "flipped", "empty"])
def test_a_damaged_checkpoint_is_set_aside_with_a_warning(checkpoint, capsys, change):
    whole = everything(*train(checkpoint)[:2])
    content = bytearray(checkpoint.path.read_bytes())
    if change == "cut":
        content = content[:-7]
    elif change == "flipped":
        content[len(content) // 2] ^= 1
    else:
        content = content[:0]
    checkpoint.path.write_bytes(content)
    parts, state, seen = train(checkpoint)
    assert len(seen) == 16
    assert everything(parts, state) == whole
    assert "is damaged; set aside as training.damaged" in capsys.readouterr().err
    assert checkpoint.path.with_suffix(".damaged").read_bytes() == content


def test_each_epoch_sees_each_example_once_in_another_order(checkpoint):
    _, _, seen = train(checkpoint)
    orders = [torch.cat([batch.examples for batch in seen[k : k + 4]]) for k in range(0, 16, 4)]
    for order in orders:
        assert len(order) == 64
        assert len(order.unique()) == 64
    assert len({tuple(order.tolist()) for order in orders}) == 4
    np.testing.assert_allclose([batch.progress for batch in seen], np.arange(16) / 16)


def test_the_first_step_is_adams_with_decay_of_matrices_alone(checkpoint):
    """After one step at learning rate r the update is r sign(gradient), plus r decay weight."""
    settings = Epochs(epochs=1, batch=COUNT, learning_rate=0.1, weight_decay=0.5)
    parts = nn.ModuleDict({"online": nn.Linear(3, 1)})
    before = {k: v.clone() for k, v in parts.state_dict().items()}
    x, y = world()
    trainer = Trainer(parts, settings, 0, "here")
    for group in trainer.optimiser.param_groups:
        group["lr"] = 0.1
    trainer._set_learning_rate = lambda progress: None  # the schedule starts at 0
    gradients = {}

    def loss(batch):
        value = (parts["online"](x) - y).square().mean()
        names, tensors = zip(*parts.named_parameters(), strict=True)
        found = torch.autograd.grad(value, tensors, retain_graph=True)
        gradients.update(zip(names, found, strict=True))
        return value

    trainer.run(COUNT, loss, dict, checkpoint, lambda values: None)
    for name, tensor in parts.state_dict().items():
        decay = 0.5 if name.endswith("weight") else 0.0
        expected = before[name] * (1 - 0.1 * decay) - 0.1 * gradients[name].sign()
        torch.testing.assert_close(tensor, expected, rtol=1e-4, atol=1e-5)


def test_the_average_follows_with_a_decay_that_rises_to_one(checkpoint):
    parts = networks()
    trainer = Trainer(parts, SETTINGS, 0, "here", averaging=0.9)
    with torch.no_grad():
        parts["online"][0].weight += 1
    start = parts["average"][0].weight.clone()
    for progress, decay in [(0.0, 0.9), (0.5, 0.95), (1.0, 1.0)]:
        with torch.no_grad():
            parts["average"][0].weight.copy_(start)
        trainer._follow(progress)
        expected = decay * start + (1 - decay) * parts["online"][0].weight
        torch.testing.assert_close(parts["average"][0].weight, expected.detach())


def test_the_learning_rate_warms_up_and_falls_along_a_cosine():
    trainer = Trainer(networks(), SETTINGS, 0, "here")
    for progress, share in [(0, 0), (0.025, 0.5), (0.5, 0.5), (1, 0)]:
        trainer._set_learning_rate(progress)
        cosine = (1 + math.cos(math.pi * progress)) / 2
        expected = 0.05 * (share * cosine if progress < 0.05 else share)
        assert trainer.optimiser.param_groups[0]["lr"] == pytest.approx(expected, abs=1e-12)


def test_divergence_names_the_label_and_the_step(checkpoint):
    parts = networks()
    steps = []

    def loss(batch):
        steps.append(batch)
        value = parts["online"](world()[0]).mean()
        return value * float("nan") if len(steps) == 6 else value

    trainer = Trainer(parts, SETTINGS, 0, "images.methods.jepa")
    with pytest.raises(Diverged, match="jepa: a loss of nan at step 6, in epoch 2"):
        trainer.run(COUNT, loss, dict, checkpoint, lambda values: None)


def test_a_checkpoint_belongs_to_parameters_data_and_code(monkeypatch, tmp_path):
    from jepatlas.common.learning import checkpoint as module

    arrays = {"x": np.arange(4)}
    first = checkpoint_for("images", (SETTINGS, 0), arrays)
    assert checkpoint_for("images", (SETTINGS, 0), {"x": np.arange(4)}) == first
    others = [
        checkpoint_for("images", (SETTINGS, 1), arrays),
        checkpoint_for("images", (SETTINGS.model_copy(update={"epochs": 5}), 0), arrays),
        checkpoint_for("images", (SETTINGS, 0), {"x": np.array([0, 1, 2, 4])}),
        checkpoint_for("images", (SETTINGS, 0), {"x": np.arange(4).reshape(2, 2)}),
        checkpoint_for("other", (SETTINGS, 0), arrays),
    ]
    source = tmp_path / "code.py"
    source.write_text("changed")
    monkeypatch.setattr(module, "_loaded_sources", lambda: [source])
    others.append(checkpoint_for("images", (SETTINGS, 0), arrays))
    assert len({other.path for other in [first, *others]}) == 7


def test_forget_removes_the_checkpoints_of_one_name(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    kept = checkpoint_for("images-lejepa", 0, {})
    gone = [checkpoint_for("images-jepa", key, {}) for key in (0, 1)]
    for checkpoint in [kept, *gone]:
        checkpoint.save({"x": torch.zeros(1)})
    forget("images-jepa")
    assert kept.path.exists()
    assert not any(checkpoint.path.exists() for checkpoint in gone)
