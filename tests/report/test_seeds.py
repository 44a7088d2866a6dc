"""Claims that rest on several trainings: those of a sweep, where this one is among them."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from jepatlas.common.base.parameters import InputError
from jepatlas.common.measuring.measures import Measures
from jepatlas.common.reporting.seeds import over_seeds
from tests.report import metrics

ACCURACIES = [0.99, 0.9915, 0.988]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A training with an accuracy of 0.9915 and 0.0018 to each side for its test images."""
    monkeypatch.chdir(tmp_path)
    metrics.images(tmp_path)
    return Measures.read("images")


def test_the_mean_is_over_trainings_and_the_interval_over_both(own, tmp_path):
    metrics.seeds(tmp_path, ACCURACIES)
    found = over_seeds(own, "mnist_seeds", seed=1)
    measure = found.get("jepa", "knn.accuracy")
    assert measure.mean == pytest.approx(np.mean(ACCURACIES))
    assert (measure.min, measure.max) == (0.988, 0.9915)
    assert measure.members == tuple(ACCURACIES)  # in the order of the seeds
    low, high = stats.t.interval(0.95, 2, np.mean(ACCURACIES), stats.sem(ACCURACIES))
    assert measure.ci95 == pytest.approx(np.hypot((high - low) / 2, 0.0018))
    untouched = "reconstruction.perturbed.mse"
    assert found.get("jepa", untouched) == own.get("jepa", untouched)


@pytest.mark.parametrize(
    ("accuracies", "seed"),
    [(ACCURACIES, 0), (ACCURACIES, 7), ([0.99, 0.9914], 1), ([0.9915], 0)],
    ids=["another number", "no such seed", "another number in the fourth digit", "no other seed"],
)
def test_a_sweep_of_something_else_is_left_alone(own, tmp_path, accuracies, seed):
    metrics.seeds(tmp_path, accuracies)
    assert over_seeds(own, "mnist_seeds", seed) is own


def test_measures_of_other_seeds_are_not_compared(own, tmp_path):
    file = metrics.seeds(tmp_path, ACCURACIES)
    rows = pd.read_csv(file)
    mse = rows.iloc[[1, 2]].assign(measure="reconstruction.perturbed.mse", mean=[0.041, 0.043])
    whole = rows.assign(measure="reconstruction.perturbed.mse", mean=[0.043, 0.041, 0.042])
    pd.concat([rows, whole]).to_csv(file, index=False)
    assert len(over_seeds(own, "mnist_seeds", 1).get("jepa", mse.measure.iloc[0]).members) == 3
    pd.concat([rows, mse]).to_csv(file, index=False)
    assert over_seeds(own, "mnist_seeds", seed=1) is own


def test_a_method_that_is_not_trained_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    metrics.write(tmp_path, "images", {"vicreg": metrics.image_method()})
    metrics.seeds(tmp_path, ACCURACIES)
    own = Measures.read("images")
    assert over_seeds(own, "mnist_seeds", seed=1) is own


@pytest.mark.parametrize(
    "text", ["", "seed,method\n1,jepa\n", "seed,method,measure,mean\nx,a,b,1\n"]
)
def test_a_damaged_table_is_named_with_the_command_that_makes_it(own, tmp_path, text):
    metrics.seeds(tmp_path, ACCURACIES).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"mnist_seeds/table\.csv.*make sweep SWEEP=sweeps/mnist_"):
        over_seeds(own, "mnist_seeds", seed=1)


def test_without_a_sweep_it_is_the_training_alone(own):
    assert over_seeds(own, "mnist_seeds", seed=1) is own
