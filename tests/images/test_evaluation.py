"""What is measured and drawn of embeddings and decoders, on a world of bars."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier

from jepatlas.common.base.parameters import InputError
from jepatlas.common.learning.trained import Trained, restore
from jepatlas.images.drawing.album import Album, Entry
from jepatlas.images.drawing.tables import confusion
from jepatlas.images.learning import decoding
from jepatlas.images.learning.fitting import initial
from jepatlas.images.measuring.embeddings import aligned
from jepatlas.images.measuring.evaluation import HEADLINES, evaluate
from jepatlas.images.measuring.metrics import over_members
from jepatlas.images.measuring.perturbed import chosen, perturbed
from tests.images.worlds import CPU, bar_world, coarse_method


@pytest.fixture(scope="module")
def method():
    return coarse_method()


@pytest.fixture(scope="module")
def images():
    return bar_world()


def networks_of(method, images, members=(0,)):
    return initial(method, images, 0, members, CPU).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def decoders(method, images, tmp_path_factory):
    """What decoders learn, and the rows that were reported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("decoding"))
        rows = []
        networks = networks_of(method, images)
        found = decoding.fit(
            "coarse", settings(epochs=12), method, networks, images, 0, (0,), CPU, rows.append
        )
    fresh = decoding.initial(method, images.shape, 0, (0,), CPU)
    restore(fresh, found.final)
    return fresh.eval(), rows


def settings(**changes):
    known = {"epochs": 1, "batch": 16, "learning_rate": 0.01, "schedule": "cosine"}
    return decoding.Decoding(**(known | {"warm_up": 0.05} | changes))


@pytest.fixture(scope="module")
def measured(method, images, decoders):
    networks = networks_of(method, images)
    weights = {f"online.{name}": w for name, w in networks["online"].state_dict().items()}
    half = {name: weight / 2 for name, weight in weights.items()}
    curves = {"loss": torch.zeros(3, 1), "knn_accuracy": torch.ones(3, 1)}
    kept = {0: half, 30: {k: v.clone() for k, v in weights.items()}}  # three epochs of ten steps
    trained = Trained(networks.state_dict(), kept, torch.arange(3), curves)
    return evaluate(method, networks, trained, decoders[0], images, 0, 1, CPU)


def coarse(pixels):
    z = pixels.reshape(-1, 7, 4, 7, 4).mean((2, 4)).reshape(len(pixels), 49) / 255
    return z / np.linalg.norm(z, axis=1, keepdims=True)


def test_accuracy_is_that_of_the_nearest_neighbours(measured, images):
    metrics, drawn = measured
    classifier = KNeighborsClassifier(5).fit(coarse(images.train), images.train_labels)
    expected = classifier.predict(coarse(images.test))
    np.testing.assert_array_equal(drawn["predicted"], expected)
    accuracy = (expected == images.test_labels).mean()
    assert metrics["knn"]["accuracy"]["mean"] == pytest.approx(accuracy)
    neighbours = classifier.kneighbors(coarse(images.test[drawn["shown"]]), return_distance=False)
    np.testing.assert_array_equal(drawn["neighbours"], neighbours)


def test_bars_are_told_apart_even_by_a_linear_probe(measured):
    metrics, _ = measured
    assert metrics["knn"]["f1"]["mean"] > 0.95
    assert metrics["linear_probe"]["accuracy"]["mean"] > 0.95


def test_accuracy_under_each_perturbation(measured, method, images):
    metrics, _ = measured
    versions = perturbed(images.test, method.erosion, 0)
    assert list(metrics["knn_perturbed"]) == list(versions)
    classifier = KNeighborsClassifier(5).fit(coarse(images.train), images.train_labels)
    for kind, pixels in versions.items():
        accuracy = (classifier.predict(coarse(pixels)) == images.test_labels).mean()
        found = metrics["knn_perturbed"][kind]["mean"]
        assert found == pytest.approx(accuracy, abs=0.01), kind  # where neighbours tie
    # This embedding minds where a bar is, and what is black, but hardly any noise.
    found = {kind: value["mean"] for kind, value in metrics["knn_perturbed"].items()}
    assert found["salt_and_pepper"] > 0.9
    assert found["affine"] < 0.6


def test_perturbed_images_are_pixels_and_the_same_each_time(method, images):
    first, again, other = (perturbed(images.test, method.erosion, seed) for seed in (0, 0, 1))
    for kind, pixels in first.items():
        assert pixels.dtype == np.uint8
        np.testing.assert_array_equal(pixels, again[kind])
    np.testing.assert_array_equal(first["inversion"], 255 - images.test)
    assert (first["all"] != other["all"]).any()


def test_shown_are_the_first_of_each_digit(measured, images):
    shown = measured[1]["shown"]
    np.testing.assert_array_equal(images.test_labels[shown], np.repeat(np.arange(10), 10))
    for digit in range(10):
        expected = np.flatnonzero(images.test_labels == digit)[:10]
        np.testing.assert_array_equal(shown[10 * digit : 10 * digit + 10], expected)


def test_the_map_is_a_principal_component_analysis(measured, images):
    drawn = measured[1]
    pca = PCA(2).fit(coarse(images.test))
    expected = pca.transform(coarse(images.test))
    np.testing.assert_allclose(np.abs(drawn["map"]), np.abs(expected), atol=1e-4)
    np.testing.assert_allclose(drawn["map_share"], pca.explained_variance_ratio_, rtol=1e-4)
    assert drawn["map_epochs"].tolist() == [0, 3]
    # Half the weights give the same directions, so the map stands still.
    np.testing.assert_allclose(drawn["maps"][0], drawn["maps"][1], atol=1e-4)


@pytest.mark.parametrize("angle", [0.3, 2.0, -1.2])
@pytest.mark.parametrize("mirrored", [False, True])
def test_alignment_undoes_a_rotation_or_a_mirroring(angle, mirrored):
    points = np.random.default_rng(0).normal(size=(50, 2)) * [3, 1]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = points @ turn * ([1, -1] if mirrored else [1, 1])
    np.testing.assert_allclose(aligned(moved, points), points, atol=1e-12)


def test_confusion_counts_what_is_taken_for_what(measured, images):
    table = confusion(Album(images, [Entry("coarse", measured[1], {})]))
    assert table["count"].sum() == 150
    pairs = list(zip(images.test_labels, measured[1]["predicted"], strict=True))
    for row in table.itertuples():
        assert row.count == pairs.count((int(row.actual), int(row.predicted)))


def test_decoders_learn_and_leave_the_method_as_it_is(measured, decoders):
    losses = [row["loss"].item() for row in decoders[1]]
    assert losses[-1] < 0.5 * losses[0]
    found = measured[0]["reconstruction"]
    scores = {name: value["mse"]["mean"] for name, value in found["references"].items()}
    # A bar is known from its blocks; without looking, only that there is one somewhere.
    assert found["clean"]["mse"]["mean"] < 0.7 * scores["mean_image"]
    assert found["clean"]["mse"]["mean"] < found["perturbed"]["mse"]["mean"]
    assert found["perturbed"]["mse"]["mean"] < scores["perturbed_input"]


def test_references_are_what_they_say(measured, images, method):
    clean = images.test / 255
    means = np.stack([images.train[images.train_labels == d].mean(0) / 255 for d in range(10)])
    views = perturbed(images.test, method.erosion, 0)["all"] / 255
    expected = {
        "mean_image": images.train.mean(0)[None] / 255,
        "class_mean_image": means[images.test_labels],
        "perturbed_input": views,
    }
    for name, guess in expected.items():
        error = ((clean - guess) ** 2).mean()
        found = measured[0]["reconstruction"]["references"][name]["mse"]["mean"]
        assert found == pytest.approx(error, rel=1e-4), name


def test_what_is_drawn_of_reconstructions(measured, images, method):
    metrics, drawn = measured
    views = perturbed(images.test, method.erosion, 0)["all"]
    np.testing.assert_array_equal(drawn["perturbed"][-1], views[drawn["shown"]])
    for name in ("from_perturbed", "from_clean"):
        assert drawn[name].shape == (100, 28, 28)
        assert drawn[name].dtype == np.uint8
    error = ((drawn["from_clean"] / 255 - images.test[drawn["shown"]] / 255) ** 2).mean()
    expected = metrics["reconstruction"]["clean"]["mse"]["mean"]
    assert error == pytest.approx(expected, rel=0.2)


def test_a_decoders_batch_larger_than_the_data_is_refused(method, images):
    networks = networks_of(method, images)
    with pytest.raises(InputError, match=r"images\.decoder\.batch: .*at most the 275 .* is 300"):
        decoding.fit(
            "coarse", settings(batch=300), method, networks, images, 0, (0,), CPU, lambda row: None
        )


def test_headlines_are_measured(measured):
    for measure in HEADLINES.values():
        found = measured[0]
        for part in measure.split("."):
            found = found[part]
        assert 0 <= found["mean"] <= 1


def test_of_several_members_the_interval_is_over_them_and_over_test_images():
    one = {"a": {"mean": 1.0, "ci95": 0.1, "min": 1.0, "max": 1.0}, "b": {"c": 2.0}}
    other = {"a": {"mean": 3.0, "ci95": 0.1, "min": 3.0, "max": 3.0}, "b": {"c": 4.0}}
    assert over_members([one]) == one
    found = over_members([one, other])
    assert found["a"]["mean"] == 2
    # t of 1 degree times 1, and what the members share.
    assert found["a"]["ci95"] == pytest.approx(np.hypot(12.706, 0.1), rel=1e-4)
    assert found["a"]["members"] == [1, 3]
    assert (found["a"]["min"], found["a"]["max"]) == (1, 3)
    assert found["b"]["c"]["mean"] == 3


@pytest.mark.parametrize("classes", [2, 12, 120])
def test_shown_are_as_many_of_each_class(classes):
    labels = np.tile(np.arange(classes), 60)
    shown = chosen(labels, classes)
    counts = np.bincount(labels[shown], minlength=classes)
    assert counts.min() == counts.max() == max(1, 100 // classes)
