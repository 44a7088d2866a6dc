"""Pictures of accuracy: under each perturbation, and which class is taken for which."""

import numpy as np
from matplotlib.figure import Figure

from jepatlas.common.drawing.style import (
    CATEGORIES,
    FAINT,
    INK,
    figure,
    head,
    place,
)
from jepatlas.images.drawing.album import Album, Array, Entry


def robustness(album: Album) -> Figure:
    """k-NN accuracy on perturbed test images, for each perturbation and method."""
    kinds = list(album.entries[0].measured["knn_perturbed"])
    page = figure(6.6, 3.6)
    head(
        page,
        "What the embedding does not mind",
        "5-NN accuracy on perturbed test images among clean training images.",
        f"{album.source}. Lines: 95 % intervals over the test images.",
    )
    axes = place(page, 1.3, 1.0, 4.0, 2.1)
    names = ["clean", *kinds]
    for number, entry in enumerate(album.entries):
        values = [entry.measured["knn"]["accuracy"], *entry.measured["knn_perturbed"].values()]
        y = np.arange(len(names)) + 0.2 * (number - (len(album.entries) - 1) / 2)
        mean = [value["mean"] for value in values]
        half = [value["ci95"] for value in values]
        colour = CATEGORIES[number % len(CATEGORIES)]
        axes.errorbar(mean, y, xerr=half, fmt="o", markersize=4, color=colour,
                      label=entry.title, elinewidth=1.2)  # fmt: skip
    axes.set_yticks(np.arange(len(names)), [name.replace("_", " ") for name in names])
    axes.set(xlabel="accuracy")
    axes.invert_yaxis()
    axes.grid(axis="x", color="#e5e7eb", linewidth=0.5)
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def confusions(album: Album) -> Figure:
    """Which class is taken for which, for each method: test images off the diagonal."""
    side, left, gap = 2.3, 0.5, 0.35
    page = figure(left + (side + gap) * len(album.entries), side + 1.75)
    head(
        page,
        "Taken for another",
        "Test images of each class (rows) by the class that their 5 nearest neighbours say.",
        f"{album.source}. The diagonal, right answers, is left without colour.",
    )
    tables = [_counts(album, entry) for entry in album.entries]
    top = max((table - np.diag(np.diag(table))).max() for table in tables)
    for panel, (entry, table) in enumerate(zip(album.entries, tables, strict=True)):
        axes = place(page, left + (side + gap) * panel, 1.2, side, side)
        wrong = np.where(np.eye(len(table), dtype=bool), np.nan, table)
        axes.imshow(wrong, cmap="Blues", vmin=0, vmax=max(top, 1))
        for (row, column), count in np.ndenumerate(table):
            if count:
                dark = row != column and count > 0.6 * top
                look = "white" if dark else (FAINT if row == column else INK)
                axes.text(column, row, f"{count}", ha="center", va="center", size=5.5, color=look)
        axes.set_title(f"{entry.title}: {table.sum() - np.trace(table)} of {table.sum()} wrong")
        names = album.images.classes
        axes.set_xticks(range(len(table)), names, rotation=90 if max(map(len, names)) > 2 else 0)
        axes.set_yticks(range(len(table)), names)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    page.axes[0].set_ylabel("class")
    return page


def _counts(album: Album, entry: Entry) -> Array:
    """How many test images of each class (rows) were taken for each class (columns)."""
    classes = len(album.images.classes)
    table = np.zeros((classes, classes), dtype=int)
    np.add.at(table, (album.images.test_labels, entry.arrays["predicted"]), 1)
    return table
