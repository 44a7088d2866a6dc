"""Maps of test embeddings: their first two principal components, at the end and over training."""

from collections.abc import Iterator
from math import ceil
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from jepatlas.common.drawing.style import (
    INK,
    Frame,
    animate,
    figure,
    head,
    place,
)
from jepatlas.images.drawing.album import HEADING, MANY, Album, Array, Entry, colours

PAUSE = 8  # frames on the last map
IN_A_ROW = 3  # methods
BETWEEN = 2  # frames from one kept epoch to the next
MOVING = 500  # test images in the animation: more would hide each other, and make it large


def maps(album: Album) -> Figure:
    """The first two principal components of all test embeddings, coloured by class."""
    page, panels = _map_page(album, dpi=150)
    palette = colours(len(album.images.classes))
    for axes, entry in zip(panels, album.entries, strict=True):
        points, share = entry.arrays["map"], entry.arrays["map_share"]
        _dots(axes, points, album.images.test_labels, palette, size=1.2)
        _frame(axes, points)
        for k in _named(album, album.images.test_labels):
            x, y = np.median(points[album.images.test_labels == k], axis=0)
            _name(axes, (x, y), album.names[k], palette[k])
        axes.set_title(f"{entry.title}: {_percent(entry.measured['knn']['accuracy'])} by 5-NN")
        axes.set_xlabel(f"{share.sum():.0%} of the variance in two of the dimensions", size=7)
    return page


def training(album: Album) -> Iterator[Frame]:
    """The maps of the first test images over training, in motion between the kept epochs."""
    page, panels = _map_page(album, dpi=80)
    pairs = zip(panels, album.entries, strict=True)
    maps = [_MovingMap(axes, entry, album) for axes, entry in pairs]
    count = BETWEEN * (max(len(one.points) for one in maps) - 1) + 1

    def update(number: int) -> None:
        for one in maps:
            one.show(number / (count - 1))

    frames = list(animate(page, [artist for one in maps for artist in one.artists], count, update))
    yield from frames
    yield from frames[-1:] * PAUSE


class _MovingMap:
    """One method's map, at any share of its kept epochs."""

    def __init__(self, axes: Axes, entry: Entry, album: Album) -> None:
        self.points, self.epochs = (
            entry.arrays["maps"][:, :MOVING],
            entry.arrays["map_epochs"],
        )
        self.labels = album.images.test_labels[: self.points.shape[1]]
        palette = colours(len(album.images.classes))
        self.dots = _dots(axes, self.points[-1], self.labels, palette, size=3)
        self.names = {
            k: _name(axes, (0, 0), album.names[k], palette[k]) for k in _named(album, self.labels)
        }
        self.epoch = axes.text(0.03, 0.03, "", transform=axes.transAxes, size=8, color=INK)
        axes.set_title(entry.title)
        _frame(axes, self.points)

    @property
    def artists(self) -> list[Artist]:
        return [self.dots, *self.names.values(), self.epoch]

    def show(self, share: float) -> None:
        at = share * (len(self.points) - 1)
        before = min(int(at), len(self.points) - 2)
        mix = at - before
        points = (1 - mix) * self.points[before] + mix * self.points[before + 1]
        self.dots.set_offsets(points)
        for k, text in self.names.items():
            text.set_position(tuple(np.median(points[self.labels == k], axis=0)))
        self.epoch.set_text(f"epoch {self.epochs[before + round(mix)]}")


def _map_page(album: Album, dpi: int) -> tuple[Figure, list[Axes]]:
    side, left, top, gap, below = 2.6, 0.2, 1.2, 0.25, 0.55
    count = len(album.entries)
    rows = ceil(count / IN_A_ROW)
    columns = ceil(count / rows)
    width = left + (side + gap) * columns
    page = figure(max(width, HEADING), top + (side + below) * rows, dpi)
    means = "colours" if len(album.names) > MANY else "colours and names"
    head(
        page,
        "Embeddings of test images",
        f"The first two principal components of the unit embeddings; {means}: classes.",
        f"{album.source}. No label took part in training.{album.whose}",
    )
    panels = []
    for number in range(count):
        row, column = divmod(number, columns)
        x, y = left + (side + gap) * column, top + (side + below) * row
        panels.append(place(page, x, y, side, side))
        panels[-1].set(xticks=[], yticks=[])
        panels[-1].spines[:].set(visible=True, color="#c9cdd4", linewidth=0.5)
    return page, panels


def _dots(axes: Axes, points: Array, labels: Array, palette: Array, size: float) -> PathCollection:
    return axes.scatter(
        points[:, 0], points[:, 1], s=size, c=palette[labels], linewidths=0, alpha=0.8
    )


def _frame(axes: Axes, points: Array) -> None:
    """Limits around the points, at one scale in both directions."""
    reach = 1.08 * np.abs(points).max()
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach))


def _named(album: Album, labels: Array) -> list[int]:
    """The classes whose names are written: all that are there, unless they are too many."""
    return [] if len(album.names) > MANY else np.unique(labels).tolist()


def _name(axes: Axes, centre: tuple[float, float], name: str, colour: Array) -> Text:
    """A class's name at its middle; long ones smaller."""
    outline = [withStroke(linewidth=2.5, foreground="white")]
    look: Any = {"size": 12 if len(name) < 3 else 7, "weight": "bold", "ha": "center"}
    return axes.text(*centre, name, color=colour, va="center", path_effects=outline, **look)


def _percent(value: dict[str, float]) -> str:
    return f"{100 * value['mean']:.2f} ± {100 * value['ci95']:.2f} %"
