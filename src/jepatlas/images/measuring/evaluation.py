"""Measure the embeddings of one trained method, and gather what is drawn of them."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from sklearn.decomposition import PCA
from torch import Generator, Tensor, nn
from tqdm import tqdm

from jepatlas.common.base.random import generator, torch_seed
from jepatlas.common.base.vectors import unit
from jepatlas.common.learning.training import restore
from jepatlas.common.measuring.statistics import effective_rank
from jepatlas.images.learning import members
from jepatlas.images.learning.fitting import Machine, Trained
from jepatlas.images.learning.method import Base
from jepatlas.images.learning.neighbours import nearest, vote
from jepatlas.images.learning.perturb import alone
from jepatlas.images.measuring import metrics
from jepatlas.images.truth.world import CLASSES, Images

Array = npt.NDArray[Any]

SHOWN = 10  # test images of each digit that pictures and pages show
MAPPED = 2000  # test images in the animation over training


def evaluate(
    method: Base,
    networks: nn.ModuleDict,
    trained: Trained,
    images: Images,
    seed: int,
    machine: Machine,
) -> tuple[dict[str, Any], dict[str, Array]]:
    """The metrics, and the arrays that figures and the report read."""

    def embed(pixels: Array) -> Array:
        return machine.apply(members.row(method.embed, networks), pixels)

    z_train, z_test = embed(images.train), embed(images.test)
    u_train, labels = unit(z_train), images.test_labels

    def score(name: str, predicted: Array) -> Any:
        return metrics.classification(labels, predicted, generator(seed, "bootstrap", name))

    found = nearest(u_train, unit(z_test))
    predicted = vote(images.train_labels[found])
    probed = metrics.linear_probe(z_train, images.train_labels, z_test)
    under = {}
    versions = perturbed(method, images.test, seed)
    for kind, version in tqdm(versions.items(), "perturbed", disable=None, leave=False):
        neighbours = nearest(u_train, unit(embed(version)))
        under[kind] = score(kind, vote(images.train_labels[neighbours]))["accuracy"]
    measured = {
        "data_set": images.data_set,
        "test_images": len(labels),
        "knn": score("knn", predicted),
        "linear_probe": {"accuracy": score("probe", probed)["accuracy"]},
        "effective_rank": effective_rank(z_test),
        "knn_perturbed": under,
    }
    shown = chosen(labels)
    drawn = {
        "predicted": predicted,
        "shown": shown,
        "neighbours": found[shown],
        "kinds": np.array(list(versions)),
        "perturbed": np.stack([version[shown] for version in versions.values()]),
        **_maps(z_test, method, networks, trained, images.test, machine),
    }
    return measured, drawn


def confusion(labels: Array, predicted: Array) -> pd.DataFrame:
    """A row per test image, as DVC's template for confusion matrices takes it."""
    return pd.DataFrame({"actual": labels, "predicted": predicted})


def chosen(labels: Array) -> Array:
    """The first test images of each digit, in the order of the digits."""
    digits = [np.flatnonzero(labels == digit)[:SHOWN] for digit in range(CLASSES)]
    return np.concatenate(digits)


def perturbed(method: Base, images: Array, seed: int) -> dict[str, Array]:
    """The images under each perturbation alone and under all: uint8 `[n, 28, 28]` each.

    The same for every method with the same kind of erosion, and in the decoder's test.
    """
    clean = torch.from_numpy(images)[:, None].float() / 255
    versions = {}
    for kind, change in alone(method.erosion).items():
        draws = Generator().manual_seed(torch_seed(seed, "test", kind))
        versions[kind] = _pixels(change(clean, draws))
    return versions


def _pixels(images: Tensor) -> Array:
    return (images[:, 0] * 255).round().to(torch.uint8).numpy()


def _maps(
    z_test: Array,
    method: Base,
    networks: nn.ModuleDict,
    trained: Trained,
    images: Array,
    machine: Machine,
) -> dict[str, Array]:
    """The first two principal components of unit test embeddings: at the end, `map` `[n, 2]`, and
    of the first images after each kept epoch, `maps` `[epochs, n, 2]`."""
    pca = PCA(2, svd_solver="covariance_eigh").fit(unit(z_test))
    final = pca.transform(unit(z_test))
    maps = [final[:MAPPED]]
    for snapshot in reversed(list(trained.snapshots.values())[:-1]):
        restore(networks["online"], snapshot)
        u = unit(machine.apply(members.row(method.embed, networks), images[:MAPPED]))
        maps.insert(0, aligned(PCA(2, svd_solver="covariance_eigh").fit_transform(u), maps[0]))
    return {
        "map": final.astype(np.float32),
        "map_share": pca.explained_variance_ratio_,
        "map_epochs": np.array(list(trained.snapshots)),
        "maps": np.stack(maps).astype(np.float32),
    }


def aligned(points: Array, target: Array) -> Array:
    """`points` `[n, 2]` turned or mirrored to lie closest to `target` (orthogonal Procrustes).

    Principal components have no sign, and those of equal variance no direction: without this a map
    would jump from epoch to epoch.
    """
    u, _, vt = np.linalg.svd(points.T @ target)
    return points @ (u @ vt)
