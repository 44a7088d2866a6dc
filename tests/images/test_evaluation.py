"""What is measured and drawn of embeddings and decoders, on a world of bars."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier
from torch import nn

from jepatlas.common.base.parameters import InputError
from jepatlas.common.learning.epochs import Epochs
from jepatlas.images.learning import decoding, members
from jepatlas.images.learning.fitting import Machine, Trained
from jepatlas.images.learning.method import Base
from jepatlas.images.measuring import evaluation
from jepatlas.images.truth.world import Images

CPU = Machine(torch.device("cpu"), bfloat16=False)
SETTINGS = {
    "epochs": 1,
    "batch": 8,
    "learning_rate": 0.01,
    "weight_decay": 0,
    "family": "prediction",
    "members": 1,
    "channels": (4,),
    "convolutions": 1,
    "dim": 49,
    "strength": 1,
    "photometric": 1,
    "erosion": "grey",
    "neighbours": 0,
}


class Coarse(Base):
    """An embedding that is known: the image in 4 x 4 blocks. Predictions are 1 larger."""

    def networks(self):
        layers = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(49, 49, bias=False))
        with torch.no_grad():
            layers[2].weight.copy_(torch.eye(49))
        return nn.ModuleDict({"online": layers})

    def loss(self, networks, pairs):
        raise NotImplementedError

    def predict(self, networks, images):
        return self.embed(networks, images) + 1


def bars(n, seed):
    """Each digit is a bar at a height of its own, in noise: uint8 `[n, 28, 28]`, `[n]`."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n).astype(np.uint8) % 10
    images = rng.integers(60, size=(n, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 + 2 * label : 6 + 2 * label, 6:22] = 250
    return images, labels


@pytest.fixture(scope="module")
def method():
    return Coarse(**SETTINGS)


@pytest.fixture(scope="module")
def images():
    return Images("digits", *bars(300, 0), *bars(150, 1))


@pytest.fixture(scope="module")
def measured(method, images):
    networks = members.networks(method).eval()
    weights = networks["online"].state_dict()
    half = {name: weight / 2 for name, weight in weights.items()}
    trained = Trained(
        networks.state_dict(), {0: half, 3: {k: v.clone() for k, v in weights.items()}}
    )
    return evaluation.evaluate(method, networks, trained, images, 0, CPU)


def coarse(pixels):
    z = pixels.reshape(-1, 7, 4, 7, 4).mean((2, 4)).reshape(len(pixels), 49) / 255
    return z / np.linalg.norm(z, axis=1, keepdims=True)


def test_the_metrics_say_which_data_they_are_of(measured):
    metrics, _ = measured
    assert metrics["data_set"] == "digits"
    assert metrics["test_images"] == 150


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
    versions = evaluation.perturbed(method, images.test, 0)
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
    first, again, other = (evaluation.perturbed(method, images.test, seed) for seed in (0, 0, 1))
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
    np.testing.assert_allclose(evaluation.aligned(moved, points), points, atol=1e-12)


def test_confusion_has_a_row_per_image():
    table = evaluation.confusion(np.array([1, 2, 2]), np.array([1, 2, 3]))
    assert table.to_dict("list") == {"actual": [1, 2, 2], "predicted": [1, 2, 3]}


@pytest.fixture(scope="module")
def decoded(method, images, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("decoding"))
        networks = members.networks(method).eval().requires_grad_(False)
        settings = Epochs(epochs=12, batch=16, learning_rate=0.01, weight_decay=0)
        rows = []
        decoders = decoding.fit(settings, method, networks, images, 0, CPU, "coarse", rows.append)
        return rows, *decoding.evaluate(method, networks, decoders, images, 0, CPU)


def test_decoders_learn_and_leave_the_method_as_it_is(decoded, images):
    rows, metrics, _ = decoded
    losses = [row["loss"] for row in rows]
    assert losses[-1] < 0.5 * losses[0]
    scores = {name: value["mse"]["mean"] for name, value in metrics["references"].items()}
    # A bar is known from its blocks; without looking, only that there is one somewhere.
    assert metrics["clean"]["mse"]["mean"] < 0.7 * scores["mean_image"]
    assert metrics["clean"]["mse"]["mean"] < metrics["perturbed"]["mse"]["mean"]
    assert metrics["perturbed"]["mse"]["mean"] < scores["perturbed_input"]


def test_references_are_what_they_say(decoded, images, method):
    clean = images.test / 255
    means = np.stack([images.train[images.train_labels == d].mean(0) / 255 for d in range(10)])
    views = evaluation.perturbed(method, images.test, 0)["all"] / 255
    expected = {
        "mean_image": images.train.mean(0)[None] / 255,
        "class_mean_image": means[images.test_labels],
        "perturbed_input": views,
    }
    for name, guess in expected.items():
        error = ((clean - guess) ** 2).mean()
        found = decoded[1]["references"][name]["mse"]["mean"]
        assert found == pytest.approx(error, rel=1e-4), name


def test_what_is_drawn_of_reconstructions(decoded, images, method):
    _, metrics, drawn = decoded
    assert metrics["data_set"] == "digits"
    views = evaluation.perturbed(method, images.test, 0)["all"]
    np.testing.assert_array_equal(drawn["perturbed"], views[drawn["shown"]])
    for name in ("from_perturbed", "from_clean"):
        assert drawn[name].shape == (100, 28, 28)
        assert drawn[name].dtype == np.uint8
    error = ((drawn["from_clean"] / 255 - images.test[drawn["shown"]] / 255) ** 2).mean()
    assert error == pytest.approx(metrics["clean"]["mse"]["mean"], rel=0.2)


def test_a_decoders_batch_larger_than_the_data_is_refused(method, images):
    settings = Epochs(epochs=1, batch=300, learning_rate=0.01, weight_decay=0)
    networks = members.networks(method).eval()
    with pytest.raises(InputError, match=r"images\.decoder\.batch: .*at most the 275 .* is 300"):
        decoding.fit(settings, method, networks, images, 0, CPU, "coarse", lambda row: None)
