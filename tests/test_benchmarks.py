"""What `make bench` measures still runs; how fast it is, is not a test's business."""

import pytest
import torch

from benchmarks import busy, images


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
