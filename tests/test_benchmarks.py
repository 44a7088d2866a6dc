"""What `make bench` measures still runs; how fast it is, is not a test's business."""

import pytest
import torch
import yaml

from benchmarks import busy, hidden_causes, images, portable
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


@pytest.mark.parametrize(("track", "method"), portable.CASES.items())
def test_what_portable_arithmetic_costs_is_without_a_start(track, method, tmp_path, monkeypatch):
    """Stages stand in that need 5 s to begin, and 1 s or 3 s for a step of the method."""

    def seconds(folder, module, *arguments):
        params = yaml.safe_load((folder / "params.yaml").read_text(encoding="utf-8"))
        block = params[track]["methods"][method]
        blocks = [part for part in (block, *block.values()) if isinstance(part, dict)]
        (steps,) = {part["steps"] for part in blocks if "steps" in part}
        return 3 + steps * (3 if params["arithmetic"] == "portable" else 1)

    monkeypatch.setattr(portable, "_seconds", seconds)
    found = portable.compared(track, method, tmp_path)
    steps = portable.STEPS - portable.START
    assert found["fast"] == steps
    assert found["portable"] == 3 * portable.STEPS - portable.START


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
