"""Scores against scikit-learn and scikit-image, intervals against their formulas."""

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.metrics import accuracy_score, precision_recall_fscore_support
from sklearn.neighbors import KNeighborsClassifier

from jepatlas.common.base.vectors import unit
from jepatlas.images.learning.neighbours import nearest, vote
from jepatlas.images.measuring import metrics


def rng(seed=0):
    return np.random.default_rng(seed)


def clusters(n, seed):
    """Embeddings `[n, 8]` around ten centres, with the number of the centre."""
    centres = rng(7).normal(size=(10, 8))
    labels = rng(seed).integers(10, size=n).astype(np.uint8)
    return centres[labels] + 0.6 * rng(seed + 1).normal(size=(n, 8)), labels


def test_vote_among_nearest_is_scikit_learns_classifier():
    (references, labels), (queries, _) = clusters(500, 1), clusters(300, 3)
    u, q = unit(references), unit(queries)
    expected = KNeighborsClassifier(5).fit(u, labels).predict(q)
    found = nearest(u, q)
    np.testing.assert_array_equal(vote(labels[found]), expected)
    distance = np.linalg.norm(u[found] - q[:, None], axis=2)
    assert (np.diff(distance, axis=1) >= 0).all()


@pytest.mark.parametrize("classes", [10, 7])  # a class that does not occur as well
def test_scores_are_scikit_learns(classes):
    labels = rng(1).integers(classes, size=400)
    predicted = np.where(rng(2).random(400) < 0.8, labels, rng(3).integers(10, size=400))
    found = metrics.classification(labels, predicted, 10, rng())
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, predicted, labels=np.arange(10), average="weighted", zero_division=0
    )
    expected = {
        "accuracy": accuracy_score(labels, predicted),
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }
    assert {name: value["mean"] for name, value in found.items()} == pytest.approx(expected)


def test_the_interval_of_the_accuracy_is_the_binomial_one():
    labels = rng(1).integers(10, size=2000)
    predicted = np.where(rng(2).random(2000) < 0.9, labels, (labels + 1) % 10)
    found = metrics.classification(labels, predicted, 10, rng())["accuracy"]
    p = found["mean"]
    assert found["ci95"] == pytest.approx(1.96 * np.sqrt(p * (1 - p) / 2000), rel=0.08)


def test_a_linear_probe_finds_what_is_linear():
    (z, labels), (z_test, labels_test) = clusters(3000, 1), clusters(1000, 3)
    found = metrics.linear_probe(z, labels, z_test)
    # Equal spherical clusters: the nearest centre is the best rule, and it is linear.
    centres = rng(7).normal(size=(10, 8))
    best = np.linalg.norm(z_test[:, None] - centres, axis=2).argmin(1)
    assert (found == labels_test).mean() > (best == labels_test).mean() - 0.02


def test_reconstruction_is_scikit_images():
    images, found = rng(1).random((20, 28, 28)), rng(2).random((20, 28, 28))
    measured = metrics.reconstruction(images, found)
    pairs = list(zip(images, found, strict=True))
    error = np.mean((images - found) ** 2, axis=(1, 2))
    psnr = [peak_signal_noise_ratio(x, y, data_range=1) for x, y in pairs]
    ssim = [structural_similarity(x, y, data_range=1) for x, y in pairs]
    for name, values in {"mse": error, "psnr": psnr, "ssim": ssim}.items():
        assert measured[name]["mean"] == pytest.approx(np.mean(values)), name
        half = 1.96 * np.std(values, ddof=1) / np.sqrt(20)
        assert measured[name]["ci95"] == pytest.approx(half), name


def test_a_perfect_reconstruction_has_a_finite_signal_to_noise_ratio():
    images = rng(1).random((3, 28, 28))
    measured = metrics.reconstruction(images, images)
    assert measured["mse"]["mean"] == 0
    assert measured["ssim"]["mean"] == pytest.approx(1)
    assert measured["psnr"]["mean"] == pytest.approx(100)
