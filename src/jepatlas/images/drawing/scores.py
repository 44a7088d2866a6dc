"""Pictures of accuracy: under each perturbation, and which class is taken for which."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jepatlas.common.drawing.looks import looks
from jepatlas.common.drawing.style import (
    FAINT,
    INK,
    figure,
    head,
    place,
    write_text,
)
from jepatlas.images.drawing.album import HEADING, Album, Array, Entry, room

CELL = 0.23  # inches of a class in a table of confusions
TABLE = 2.3, 5.0  # least and greatest side of such a table
NUMBER, TICK = 0.16, 0.11  # inches that a number in a cell, and the name of a class, need


def robustness(album: Album) -> Figure:
    """k-NN accuracy on perturbed test images, for each perturbation and method."""
    kinds, count = list(album.entries[0].measured["knn_perturbed"]), len(album.entries)
    high = max(2.1, 0.7 * count)
    legend = room([entry.title for entry in album.entries])
    page = figure(max(5.85 + legend, HEADING), high + 1.5)
    head(
        page,
        "What the embedding does not mind",
        "5-NN accuracy on perturbed test images among clean training images.",
        f"{album.source}. Lines: 95 % intervals over {album.over}.",
    )
    axes = place(page, 1.3, 1.0, 4.0, high)
    names = ["clean", *kinds]
    colours = {name: look["color"] for name, look in looks([e.name for e in album.entries]).items()}
    apart = min(0.2, 0.8 / count)  # so that what belongs to one name stays beside it
    for number, entry in enumerate(album.entries):
        values = [entry.measured["knn"]["accuracy"], *entry.measured["knn_perturbed"].values()]
        y = np.arange(len(names)) + apart * (number - (count - 1) / 2)
        mean = [value["mean"] for value in values]
        half = [value["ci95"] for value in values]
        axes.errorbar(mean, y, xerr=half, fmt="o", markersize=4, color=colours[entry.name],
                      label=entry.title, elinewidth=1.2)  # fmt: skip
    axes.set_yticks(np.arange(len(names)), [name.replace("_", " ") for name in names])
    axes.set(xlabel="accuracy")
    axes.invert_yaxis()
    axes.grid(axis="x", color="#e5e7eb", linewidth=0.5)
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def confusions(album: Album) -> Figure:
    """Which class is taken for which, for each method: test images off the diagonal."""
    names, least, greatest = album.names, *TABLE
    side = min(max(CELL * len(names), least), greatest)
    margin = room(names) + 0.1
    left, gap = margin + 0.35, margin + 0.2
    width = left + (side + gap) * len(album.entries)
    page = figure(max(width, HEADING), side + 1.35 + margin)
    head(
        page,
        "Taken for another",
        "Test images of each class (rows) by the class that their 5 nearest neighbours say.",
        f"{album.source}. The diagonal, right answers, is left without colour.{album.whose}",
    )
    tables = [_counts(album, entry) for entry in album.entries]
    top = max((table - np.diag(np.diag(table))).max() for table in tables)
    for panel, (entry, table) in enumerate(zip(album.entries, tables, strict=True)):
        axes = place(page, left + (side + gap) * panel, 1.2, side, side)
        _table(axes, table, max(top, 1), side / len(names))
        axes.set_title(f"{entry.title}: {table.sum() - np.trace(table)} of {table.sum()} wrong")
        ticks = np.arange(0, len(names), math.ceil(TICK * len(names) / side))
        shown = [names[k] for k in ticks]
        axes.set_xticks(ticks, shown, rotation=90 if max(map(len, names)) > 2 else 0)
        axes.set_yticks(ticks, shown)
    write_text(page, 0.15, 1.2 + side / 2, "class", rotation=90, ha="center", va="center")
    return page


def _table(axes: Axes, table: Array, top: int, cell: float) -> None:
    """Counts up to `top` as colours, but on the diagonal; as numbers too where cells of `cell`
    inches have room for them."""
    wrong = np.where(np.eye(len(table), dtype=bool), np.nan, table)
    axes.imshow(wrong, cmap="Blues", vmin=0, vmax=top)
    for (row, column), count in np.ndenumerate(table):
        if count and cell >= NUMBER:
            dark = row != column and count > 0.6 * top
            look = "white" if dark else (FAINT if row == column else INK)
            axes.text(column, row, f"{count}", ha="center", va="center", size=5.5, color=look)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _counts(album: Album, entry: Entry) -> Array:
    """How many test images of each class (rows) were taken for each class (columns)."""
    classes = len(album.images.classes)
    table = np.zeros((classes, classes), dtype=int)
    np.add.at(table, (album.images.test_labels, entry.arrays["predicted"]), 1)
    return table
