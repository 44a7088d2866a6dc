"""Curves during training: written as they come, replaced, and kept when nothing comes."""

import errno
import json
import sqlite3
import subprocess

import pandas as pd
import pytest
import torch

from jepatlas.common.base.parameters import InputError
from jepatlas.images.learning import curves
from jepatlas.images.learning.curves import shown


def table(folder, name):
    return pd.read_csv(folder / f"plots/metrics/{name}.tsv", sep="\t")


def test_each_row_is_there_at_once(tmp_path):
    folder = tmp_path / "curves"
    with shown(folder) as report:
        for epoch, loss in enumerate((0.5, 0.25, 1 / 3), start=1):
            report({"loss": torch.tensor([loss, loss]), "knn_accuracy": torch.tensor([0.8, 1.0])})
            assert table(folder, "loss")["step"].tolist() == list(range(1, epoch + 1))
            assert json.loads((folder / "metrics.json").read_text())["step"] == epoch
    assert table(folder, "loss")["loss"].tolist() == [0.5, 0.25, 0.333333]
    assert table(folder, "knn_accuracy")["knn_accuracy"].tolist() == [0.9] * 3
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert files == {
        "metrics.json",
        "plots/metrics/loss.tsv",
        "plots/metrics/knn_accuracy.tsv",
    }


def test_a_new_training_replaces_the_old_curves(tmp_path):
    for losses in ((1.0, 2.0, 3.0), (4.0,)):
        with shown(tmp_path) as report:
            for loss in losses:
                report({"loss": torch.tensor([loss])})
    assert table(tmp_path, "loss")["loss"].tolist() == [4.0]


def test_a_training_that_is_refused_loses_no_curve(tmp_path):
    with shown(tmp_path) as report:
        report({"loss": torch.tensor([1.0])})
    with pytest.raises(ValueError, match="refused"), shown(tmp_path):
        raise ValueError("refused")
    assert table(tmp_path, "loss")["loss"].tolist() == [1.0]


def test_a_repository_without_a_commit_is_named(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    said = pytest.raises(InputError, match="curves take a first commit in git")
    with said, shown(tmp_path / "curves") as report:
        report({"loss": torch.tensor([1.0])})


def test_no_room_for_tables_of_dvc_is_a_full_disk(tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(curves, "Live", full)
    said = pytest.raises(OSError, match="database or disk is full")
    with said as caught, shown(tmp_path / "curves") as report:
        report({"loss": torch.tensor([1.0])})
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(tmp_path / "curves")
