"""Grids of latents: as they are, as they are seen, and as each method has recovered them."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from jepatlas.common.drawing.style import (
    CATEGORIES,
    FAINT,
    Frame,
    animate,
    figure,
    head,
    place,
    write_text,
)
from jepatlas.hidden_causes.truth.latents import Array

Arrays = Mapping[str, Array]
FRAME = 3.0  # how far the recovered latents are shown; a grid goes to 2.5
CELL, LEFT, TOP = 1.05, 0.95, 1.25  # inches


def worlds(truth: Arrays, block: str = "mixings") -> list[str]:
    """The worlds of a block that have a grid as observed."""
    return [key.removesuffix("/grid") for key in truth if key.startswith(block) and "/grid" in key]


def trained(names: list[str], drawn: Mapping[str, Arrays]) -> dict[str, Arrays]:
    """The arrays of those methods that were trained in the worlds of these names."""
    grids = {f"{name}/grid" for name in names}
    return {method: arrays for method, arrays in drawn.items() if grids <= set(arrays)}


def sheet(truth: Arrays, drawn: Mapping[str, Arrays], measured: pd.DataFrame) -> Figure:
    """Each mixing a row; the observation and each method a column."""
    page, _ = _laid_out(truth, drawn, measured, dpi=150)
    return page


def training(truth: Arrays, drawn: Mapping[str, Arrays], measured: pd.DataFrame) -> Iterator[Frame]:
    """The same, through the snapshots of training."""
    page, moving = _laid_out(truth, drawn, measured, dpi=90)
    count = max((len(frames) for _, frames in moving), default=1)
    note = write_text(page, LEFT, TOP - 0.42, "", color=FAINT, size=7)

    def update(number: int) -> None:
        for lines, frames in moving:
            lines.set_segments(_segments(frames[min(number, len(frames) - 1)]))
        note.set_text(f"snapshot {number + 1} of {count}, evenly in the log of the step")

    # The last state stands for a while.
    order = [*range(count), *[count - 1] * 4]
    artists = [lines for lines, _ in moving]
    yield from animate(page, [*artists, note], len(order), lambda k: update(order[k]))


def _laid_out(
    truth: Arrays, drawn: Mapping[str, Arrays], measured: pd.DataFrame, dpi: int
) -> tuple[Figure, list[tuple[LineCollection, Array]]]:
    rows = worlds(truth)
    drawn = trained(rows, drawn)
    width, height = LEFT + CELL * (len(drawn) + 2) + 0.1, TOP + (CELL + 0.16) * len(rows) + 0.15
    page = figure(width, height, dpi)
    head(
        page,
        "Which objective recovers the hidden causes?",
        "A grid of two Gaussian latents, as it is seen, and as the first seeds recover it.",
        "Embeddings are taken to the latents by least squares. Numbers: lowest $R^2$ of all seeds.",
    )
    found = measured.set_index(["method", "measure"])["min"]
    moving = []
    for row, world in enumerate(rows):
        top = TOP + (CELL + 0.16) * row
        write_text(page, 0.2, top + CELL / 2, world.partition(".")[2], weight="bold", va="center")
        _draw(_cell(page, 0, top), truth["grid"], FRAME)
        seen = truth[f"{world}/grid"]
        _draw(_cell(page, 1, top), seen, 1.1 * float(np.abs(seen - _middle(seen)).max()))
        for column, (name, arrays) in enumerate(drawn.items()):
            axes = _cell(page, column + 2, top)
            frames = arrays[f"{world}/grid"]
            moving.append((_draw(axes, frames[-1], FRAME), frames))
            least = found[name, f"{world}.r2"]
            axes.set_title(f"{least:.3f}", size=7, color=FAINT, pad=1.5)
    for column, name in enumerate(["latents", "seen", *drawn]):
        middle = LEFT + CELL * (column + 0.5)
        text = name.replace("_", "\n")
        write_text(page, middle, TOP - 0.17, text, ha="center", va="bottom", weight="bold", size=7)
    return page, moving


def _cell(page: Figure, column: int, top: float) -> Axes:
    axes = place(page, LEFT + CELL * column + 0.04, top, CELL - 0.08, CELL - 0.08)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(True)
    axes.spines[:].set_color("#d8dbe2")
    return axes


def _draw(axes: Axes, grid: Array, reach: float) -> LineCollection:
    """The lines of a grid, blue along the first latent and orange along the second."""
    middle = _middle(grid) if reach != FRAME else np.zeros(2)
    axes.set_xlim(middle[0] - reach, middle[0] + reach)
    axes.set_ylim(middle[1] - reach, middle[1] + reach)
    segments = _segments(grid)
    half = len(segments) // 2
    colours = [CATEGORIES[0]] * half + [CATEGORIES[1]] * half
    lines = LineCollection(segments, colors=colours, linewidths=0.6)
    axes.add_collection(lines)
    return lines


def _segments(grid: Array) -> list[Array]:
    """Every fourth row, then every fourth column, of the points of a grid."""
    step = max(1, (len(grid) - 1) // 10)
    return [*grid[::step], *grid.swapaxes(0, 1)[::step]]


def _middle(grid: Array) -> Array:
    middle: Array = (grid.max(axis=(0, 1)) + grid.min(axis=(0, 1))) / 2
    return middle
