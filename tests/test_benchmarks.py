"""What `make bench` measures still runs; how fast it is, is not a test's business."""

import torch

from benchmarks import images


def test_image_training_runs_as_published_and_as_here(monkeypatch):
    monkeypatch.setattr(images, "STEPS", 1)
    table = images._training(torch.rand(256, 1, 28, 28))
    assert len(table) > 1
    assert (table > 0).all(axis=None)
