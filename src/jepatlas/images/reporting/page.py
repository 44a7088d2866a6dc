"""The images' section of the page: what was made of some of them, and maps of the embeddings."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jepatlas.common.base.parameters import InputError, value
from jepatlas.common.base.storage import read_arrays, read_csv
from jepatlas.common.drawing.looks import label
from jepatlas.common.measuring.measures import Measure, Measures
from jepatlas.common.reporting import packing
from jepatlas.common.reporting.cards import cards
from jepatlas.common.reporting.headlines import headlines, one_of
from jepatlas.common.reporting.packing import Arrays
from jepatlas.common.reporting.page import Section, asset, fill, folded, still
from jepatlas.common.reporting.page import measures as table
from jepatlas.images.drawing.layout import PAGE
from jepatlas.images.reporting.cards import CARDS
from jepatlas.images.reporting.curves import charts
from jepatlas.images.track import TITLE
from jepatlas.images.truth.world import LAYOUT, Images

DATA, TABLES = Path("data/images"), Path("plots/images/tables")
MAP = 4095  # steps of a map per side: finer than a pixel
HEADLINES = {  # headings: measures
    "right by 5-NN": "knn.accuracy",
    "right by a linear probe": "linear_probe.accuracy",
    "right by 5-NN, perturbed": "knn_perturbed.all",
    "decoded from perturbed: squared error": "reconstruction.perturbed.mse",
}
NUMBERS: Mapping[str, tuple[str, float, int, str]] = {  # words: measure, factor, digits, unit
    "k-NN accuracy": ("knn.accuracy", 100, 1, " %"),
    "linear probe": ("linear_probe.accuracy", 100, 1, " %"),
    "k-NN, perturbed": ("knn_perturbed.all", 100, 1, " %"),
    "PSNR from perturbed": ("reconstruction.perturbed.psnr", 1, 2, " dB"),
    "PSNR from clean": ("reconstruction.clean.psnr", 1, 2, " dB"),
}


def page() -> Section:
    """The section, from the files of the current folder."""
    images = Images.from_arrays(read_arrays(DATA / "images.npz", LAYOUT))
    names, measures = list(value("images.methods")), Measures.read("images")
    evaluated = {name: read_arrays(DATA / "evaluated" / f"{name}.npz", PAGE) for name in names}
    sheet = packing.Sheet(images.shape)
    shown = data(images, evaluated, measures, sheet)
    shown["charts"] = charts(
        read_csv(TABLES / "training.csv", ["method"], ["epoch", "loss", "knn_accuracy"]),
        read_csv(TABLES / "confusion.csv", ["method", "actual", "predicted"], ["count"]),
        names,
        images.classes,
    )
    slots = {
        "sheet": sheet.png(),
        "columns": str(packing.COLUMNS),
        "rows": str(sheet.rows),
        "ratio": f"{images.shape[0] / images.shape[1]:.6g}",  # of the sides of an image
        "members": of_members(evaluated[names[0]]["curve_loss"].shape[1]),
        "data_set": escape(images.title),
    }
    scripts = [asset(__package__, f"{name}.js") for name in ("map", "images")]
    labels = {name: label(name) for name in names}
    columns = {words: one_of(measures, name) for words, name in HEADLINES.items()}
    slots |= {
        "headlines": headlines("Encoders", labels, columns),
        "cards": cards(labels, CARDS),
    }
    slots["measures"] = folded(table("images", labels))
    html = fill(asset(__package__, "section.html"), slots)
    picture = still(Path("plots/images/pictures/reconstructions.png"))
    return Section(TITLE, html, scripts, shown, labels, picture)


def data(
    images: Images, evaluated: Mapping[str, Arrays], measures: Measures, sheet: packing.Sheet
) -> dict[str, Any]:
    """Everything the section shows; its images go to the `sheet`.

    evaluated: what `evaluate` wrote of each method. All methods show the same test images.
    """
    first, *others = evaluated
    wrong = mistaken(evaluated, images)
    shown, kinds = evaluated[first]["shown"], evaluated[first]["kinds"]
    for name in others:
        if not np.array_equal(evaluated[name]["shown"], shown):
            raise InputError(
                f"{DATA}: the methods {first} and {name} show different images; `dvc repro` makes "
                "them anew"
            )
    return {
        "columns": packing.COLUMNS,
        "classes": list(images.classes),
        "shown": shown.tolist(),
        "labels": packing.numbers(images.test_labels, "<u2"),
        "originals": sheet.add(images.test[shown]),
        "wrong": wrong.tolist(),
        "mistaken": sheet.add(images.test[wrong]),
        "kinds": [str(kind).replace("_", " ") for kind in kinds],
        "methods": [
            method(name, arrays, images, measures, sheet) for name, arrays in evaluated.items()
        ],
    }


def mistaken(evaluated: Mapping[str, Arrays], images: Images) -> npt.NDArray[Any]:
    """The test images whose neighbours are wrong by one of the methods, or by several."""
    by_method = [arrays["predicted"] != images.test_labels for arrays in evaluated.values()]
    return np.flatnonzero(np.any(by_method, axis=0))


def method(
    name: str, evaluated: Arrays, images: Images, measures: Measures, sheet: packing.Sheet
) -> dict[str, Any]:
    """What was made of the shown images, and the map."""
    neighbours = evaluated["neighbours"]
    perturbed = evaluated["perturbed"]  # [kinds, shown, height, width]; the last kind is all of it
    return {
        "name": name,
        "label": label(name),
        "numbers": [
            [words, written(measures.get(name, measure), factor, digits, unit)]
            for words, (measure, factor, digits, unit) in NUMBERS.items()
        ],
        "predicted": packing.numbers(evaluated["predicted"], "<u2"),
        "map": packing.numbers(placed(evaluated["map"]), "<u2"),
        "share": [round(float(share), 3) for share in evaluated["map_share"]],
        "perturbed": sheet.add(perturbed.swapaxes(0, 1)),  # by image, then by kind
        "neighbours": sheet.add(images.train[neighbours]),
        "neighbour_labels": images.train_labels[neighbours].tolist(),
        "input": sheet.add(perturbed[-1]),
        "from_perturbed": sheet.add(evaluated["from_perturbed"]),
        "from_clean": sheet.add(evaluated["from_clean"]),
    }


def of_members(members: int) -> str:
    """What is of one member where there are several, in a sentence."""
    if members == 1:
        return ""
    return f" What is shown is of the first of {members} members; numbers are means over them."


def placed(points: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Points `[n, 2]` in steps of a square map, both axes on one scale, centred."""
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max()) or 1.0
    return np.round(((points - (low + high) / 2) / side + 0.5) * MAP).clip(0, MAP)


def written(found: Measure, factor: float, digits: int, unit: str) -> str:
    """A mean with its interval, where it is known."""
    interval = "" if np.isnan(found.ci95) else f" ± {factor * found.ci95:.{digits}f}"
    return f"{factor * found.mean:.{digits}f}{interval}{unit}"
