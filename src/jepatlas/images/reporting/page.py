"""The digits to pick from, what was made of them, and the maps of the embeddings."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jepatlas.common.base.parameters import InputError
from jepatlas.common.reporting import packing
from jepatlas.common.reporting.packing import Arrays
from jepatlas.images.drawing.figures import title

KINDS = {
    "affine": "affine",
    "erosion": "erosion",
    "dilation": "dilation",
    "inversion": "inversion",
    "salt_and_pepper": "salt & pepper",
    "gaussian": "Gaussian noise",
    "all": "all of it",
}
EVALUATED = ("map", "map_share", "predicted", "shown", "neighbours", "kinds", "perturbed")
RECONSTRUCTED = ("shown", "perturbed", "from_perturbed", "from_clean")
MAP = 4095  # steps of a map per side: finer than a pixel


class Method(NamedTuple):
    """What the images track wrote of one method: two files of arrays, two of metrics."""

    name: str
    evaluated: Arrays
    reconstructed: Arrays
    embedding: Mapping[str, Any]
    reconstruction: Mapping[str, Any]


def data(images: Arrays, methods: list[Method], sheet: packing.Sheet) -> dict[str, Any]:
    """Everything the section shows; its images go to the `sheet`.

    images: data/images/images.npz. All methods show the same test images.
    """
    shown = methods[0].evaluated["shown"]
    for method in methods:
        for arrays in (method.evaluated, method.reconstructed):
            if not np.array_equal(arrays["shown"], shown):
                raise InputError(
                    f"data/images: the methods {methods[0].name} and {method.name} show different "
                    "images; `dvc repro` makes them anew"
                )
    labels = images["test_labels"]
    kinds = [str(kind) for kind in methods[0].evaluated["kinds"]]
    return {
        "data_set": str(images["data_set"]),
        "columns": packing.COLUMNS,
        "shown": shown.tolist(),
        "labels": packing.numbers(labels, "<u1"),
        "originals": sheet.add(images["test_images"][shown]),
        "kinds": [KINDS.get(kind, kind.replace("_", " ")) for kind in kinds],
        "methods": [_method(method, images, sheet) for method in methods],
    }


def _method(method: Method, images: Arrays, sheet: packing.Sheet) -> dict[str, Any]:
    evaluated, reconstructed = method.evaluated, method.reconstructed
    neighbours = evaluated["neighbours"]
    embedding, reconstruction = method.embedding, method.reconstruction
    return {
        "name": method.name,
        "label": title(method.name),
        "numbers": [
            ["k-NN accuracy", percent(embedding["knn"]["accuracy"])],
            ["linear probe", percent(embedding["linear_probe"]["accuracy"])],
            ["k-NN, perturbed", percent(embedding["knn_perturbed"]["all"])],
            ["PSNR from perturbed", decibels(reconstruction["perturbed"]["psnr"])],
            ["PSNR from clean", decibels(reconstruction["clean"]["psnr"])],
        ],
        "predicted": packing.numbers(evaluated["predicted"], "<u1"),
        "map": packing.numbers(placed(evaluated["map"]), "<u2"),
        "share": [round(float(share), 3) for share in evaluated["map_share"]],
        "perturbed": sheet.add(evaluated["perturbed"].swapaxes(0, 1)),  # by image, then by kind
        "neighbours": sheet.add(images["train_images"][neighbours]),
        "neighbour_labels": images["train_labels"][neighbours].tolist(),
        "input": sheet.add(reconstructed["perturbed"]),
        "from_perturbed": sheet.add(reconstructed["from_perturbed"]),
        "from_clean": sheet.add(reconstructed["from_clean"]),
    }


def placed(points: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Points `[n, 2]` in steps of a square map, both axes on one scale, centred."""
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max()) or 1.0
    return np.round(((points - (low + high) / 2) / side + 0.5) * MAP).clip(0, MAP)


def percent(found: Mapping[str, float | None]) -> str:
    return _with_interval(found, 100, 1, " %")


def decibels(found: Mapping[str, float | None]) -> str:
    return _with_interval(found, 1, 2, " dB")


def _with_interval(found: Mapping[str, float | None], factor: float, digits: int, unit: str) -> str:
    mean, half = found["mean"], found["ci95"]
    if mean is None:
        return "?"
    interval = "" if half is None else f" ± {factor * half:.{digits}f}"
    return f"{factor * mean:.{digits}f}{interval}{unit}"
