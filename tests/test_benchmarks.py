"""What `make bench` measures still runs; how fast it is, is not a test's business."""

import pytest
import torch
import yaml

from benchmarks import busy, hidden_causes, images
from tests import project


def test_image_training_runs_as_published_and_as_here(monkeypatch):
    monkeypatch.setattr(images, "STEPS", 1)
    table = images.training(torch.rand(256, 1, 28, 28))
    assert len(table) > 1
    assert (table > 0).all(axis=None)


@pytest.mark.slow
def test_a_training_is_timed_alone_and_beside_a_busy_process(monkeypatch):
    monkeypatch.setattr(busy, "ROUNDS", 1)
    found = busy.compared({})
    assert min(found.values()) > 0
    assert found["ratio"] == pytest.approx(found["beside [s]"] / found["quiet [s]"])


def test_hidden_causes_are_trained_as_published_and_as_here(tmp_path, monkeypatch, capsys):
    params = project.parameters({"hidden_causes": hidden_causes.METHODS})
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hidden_causes, "PUBLISHED", 2)
    monkeypatch.setattr(hidden_causes, "MANY", (2, 4))
    hidden_causes.main("whole")
    said = capsys.readouterr().out
    for line in ("speed-up", "R^2 of the loop", "lowest R^2", "step [ms]"):
        assert line in said
