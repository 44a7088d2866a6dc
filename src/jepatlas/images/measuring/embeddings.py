"""Measure the embeddings of one member, and gather what is drawn of the first."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from torch import nn

from jepatlas.common.base.random import generator
from jepatlas.common.base.vectors import unit
from jepatlas.common.learning.trained import Trained, restore
from jepatlas.common.measuring.statistics import effective_rank
from jepatlas.images.learning.fitting import embedded
from jepatlas.images.learning.machine import Machine
from jepatlas.images.learning.method import Base
from jepatlas.images.learning.neighbours import nearest, vote
from jepatlas.images.measuring import metrics
from jepatlas.images.measuring.perturbed import chosen
from jepatlas.images.truth.world import Images

Array = npt.NDArray[Any]

MAPPED = 2000  # test images in the animation over training


def measure(
    z_train: Array, z_test: Array, z_perturbed: dict[str, Array], images: Images, seed: int
) -> tuple[dict[str, Any], Array]:
    """The measures of one member, and the classes `[m]` that its neighbours say.

    z_train `[n, dim]`, z_test `[m, dim]`: embeddings of clean images; z_perturbed: of the test
    images under each perturbation.
    """
    u_train, labels = unit(z_train), images.test_labels

    def score(name: str, predicted: Array) -> Any:
        source = generator(seed, "bootstrap", name)
        return metrics.classification(labels, predicted, len(images.classes), source)

    predicted = vote(images.train_labels[nearest(u_train, unit(z_test))])
    probed = metrics.linear_probe(z_train, images.train_labels, z_test)
    under = {}
    for kind, z in z_perturbed.items():
        voted = vote(images.train_labels[nearest(u_train, unit(z))])
        under[kind] = score(kind, voted)["accuracy"]
    measured = {
        "knn": score("knn", predicted),
        "linear_probe": {"accuracy": score("probe", probed)["accuracy"]},
        "effective_rank": effective_rank(z_test),
        "knn_perturbed": under,
    }
    return measured, predicted


def drawn(
    z_train: Array, z_test: Array, versions: dict[str, Array], images: Images
) -> dict[str, Array]:
    """What is shown of some test images: where they are, their versions and their neighbours."""
    shown = chosen(images.test_labels, len(images.classes))
    return {
        "shown": shown,
        "neighbours": nearest(unit(z_train), unit(z_test[shown])),
        "kinds": np.array(list(versions)),
        "perturbed": np.stack([version[shown] for version in versions.values()]),
    }


def maps(
    z_test: Array,
    method: Base,
    networks: nn.ModuleDict,
    trained: Trained,
    images: Images,
    machine: Machine,
    members: int,
) -> dict[str, Array]:
    """The first two principal components of the first member's unit test embeddings: at the end,
    `map` `[m, 2]`, and of the first images at each kept epoch, `maps` `[epochs, ., 2]`."""
    pca = PCA(2, svd_solver="covariance_eigh").fit(unit(z_test))
    final = pca.transform(unit(z_test))
    kept, pixels = sorted(trained.snapshots), images.test[:MAPPED]
    found = [final[:MAPPED]]
    for step in reversed(kept[:-1]):
        restore(nn.ModuleDict({"online": networks["online"]}), trained.snapshots[step])
        z = embedded(method.embed, method, networks, pixels, machine, members)[0]
        points = PCA(2, svd_solver="covariance_eigh").fit_transform(unit(z))
        found.insert(0, aligned(points, found[0]))
    round = kept[-1] // method.epochs
    return {
        "map": final.astype(np.float32),
        "map_share": pca.explained_variance_ratio_,
        "map_epochs": np.array([step // round for step in kept]),
        "maps": np.stack(found).astype(np.float32),
    }


def aligned(points: Array, target: Array) -> Array:
    """`points` `[n, 2]` turned or mirrored to lie closest to `target` (orthogonal Procrustes).

    Principal components have no sign, and those of equal variance no direction: without this a map
    would jump from epoch to epoch.
    """
    u, _, vt = np.linalg.svd(points.T @ target)
    return np.asarray(points @ (u @ vt))
