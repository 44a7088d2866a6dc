"""The pictures of the image track, drawn from arrays and metrics."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from jepatlas.common.drawing.style import (
    ALARM,
    CATEGORIES,
    FAINT,
    INK,
    Frame,
    animate,
    figure,
    head,
    place,
    write_text,
)

Array = npt.NDArray[Any]
Metrics = dict[str, Any]

TITLES = {"jepa": "JEPA", "lejepa": "LeJEPA", "vicreg": "VICReg"}
DATA_SETS = {"mnist": "MNIST", "digits": "scikit-learn's digits, in place of MNIST"}
DIGITS = mpl.color_sequences["tab10"]  # ten colours; the numbers in the maps say the same
GAP = 215  # grey between images, or a white one would have no border
PAUSE = 8  # frames on the last map
BETWEEN = 3  # frames from one kept epoch to the next
MOVING = 800  # test images in the animation: more would hide each other, and make it large


def title(name: str) -> str:
    """A method's name as people write it."""
    return TITLES.get(name, name.replace("_", " "))


@dataclass(frozen=True)
class Entry:
    """What was measured of a method: arrays and metrics of its embeddings (`evaluated`,
    `embedding`) and of its decoders (`reconstructed`, `reconstruction`)."""

    name: str
    evaluated: dict[str, Array]
    embedding: Metrics
    reconstructed: dict[str, Array]
    reconstruction: Metrics

    @property
    def title(self) -> str:
        return title(self.name)


@dataclass(frozen=True)
class Album:
    """The data set's images, uint8 `[n, 28, 28]`, and what every method made of them."""

    data_set: str
    train: Array
    train_labels: Array
    test: Array
    test_labels: Array
    entries: Sequence[Entry]

    @property
    def source(self) -> str:
        return DATA_SETS[self.data_set]

    @property
    def first_of_each(self) -> Array:
        """Places of one image per digit in the list of shown images."""
        labels = self.test_labels[self.entries[0].evaluated["shown"]]
        return np.array([np.flatnonzero(labels == digit)[0] for digit in np.unique(labels)])


def perturbations(album: Album) -> Figure:
    """Some test images and what each perturbation makes of them."""
    drawn = album.entries[0].evaluated
    kinds, rows = list(drawn["kinds"]), album.first_of_each
    size, left, top = 0.62, 0.3, 1.3
    page = figure(left + size * (len(kinds) + 1) + 0.5, top + size * len(rows) + 0.2)
    head(
        page,
        "What the networks see",
        "Test images, each perturbation by itself, and all of them in turn.",
        f"{album.source}. At full strength; every image has its own draw.",
    )
    columns = [album.test[drawn["shown"]], *drawn["perturbed"]]
    names = ["original", *(kind.replace("_", " ") for kind in kinds)]
    for column, (name, images) in enumerate(zip(names, columns, strict=True)):
        gap = 0.12 * (column > 0) + 0.12 * (column == len(names) - 1)
        place_x = left + size * column + gap
        write_text(page, place_x + size / 2, top - 0.08, _in_two_lines(name), ha="center",
                   va="bottom", size=6.5)  # fmt: skip
        _mosaic(place(page, place_x, top, size, size * len(rows)), images[rows][:, None])
    return page


def maps(album: Album) -> Figure:
    """The first two principal components of all test embeddings, coloured by digit."""
    page, panels = _map_page(album, dpi=150)
    for axes, entry in zip(panels, album.entries, strict=True):
        points, share = entry.evaluated["map"], entry.evaluated["map_share"]
        _dots(axes, points, album.test_labels, size=1.2)
        _frame(axes, points)
        for digit in np.unique(album.test_labels):
            x, y = np.median(points[album.test_labels == digit], axis=0)
            _number(axes, (x, y), digit)
        axes.set_title(f"{entry.title}: {_percent(entry.embedding['knn']['accuracy'])} by 5-NN")
        axes.set_xlabel(f"{share.sum():.0%} of the variance in two of the dimensions", size=7)
    return page


def training(album: Album) -> Iterator[Frame]:
    """The maps of the first test images over training, in motion between the kept epochs."""
    page, panels = _map_page(album, dpi=100)
    pairs = zip(panels, album.entries, strict=True)
    maps = [_MovingMap(axes, entry, album.test_labels) for axes, entry in pairs]
    count = BETWEEN * (max(len(one.points) for one in maps) - 1) + 1

    def update(number: int) -> None:
        for one in maps:
            one.show(number / (count - 1))

    frames = list(animate(page, [artist for one in maps for artist in one.artists], count, update))
    yield from frames
    yield from frames[-1:] * PAUSE


class _MovingMap:
    """One method's map, at any share of its kept epochs."""

    def __init__(self, axes: Axes, entry: Entry, labels: Array) -> None:
        self.points, self.epochs = (
            entry.evaluated["maps"][:, :MOVING],
            entry.evaluated["map_epochs"],
        )
        self.labels = labels[: self.points.shape[1]]
        self.dots = _dots(axes, self.points[-1], self.labels, size=3)
        self.digits = {digit: _number(axes, (0, 0), digit) for digit in np.unique(self.labels)}
        self.epoch = axes.text(0.03, 0.03, "", transform=axes.transAxes, size=8, color=INK)
        axes.set_title(entry.title)
        _frame(axes, self.points)

    @property
    def artists(self) -> list[Artist]:
        return [self.dots, *self.digits.values(), self.epoch]

    def show(self, share: float) -> None:
        at = share * (len(self.points) - 1)
        before = min(int(at), len(self.points) - 2)
        mix = at - before
        points = (1 - mix) * self.points[before] + mix * self.points[before + 1]
        self.dots.set_offsets(points)
        for digit, text in self.digits.items():
            text.set_position(tuple(np.median(points[self.labels == digit], axis=0)))
        self.epoch.set_text(f"epoch {self.epochs[before + round(mix)]}")


def neighbours(album: Album) -> Figure:
    """One test image per digit and its five nearest training images under each method."""
    size, left, top, gap = 0.42, 0.75, 1.25, 0.3
    rows, panels = album.first_of_each, album.entries
    width = size * 5
    page = figure(left + (width + gap) * len(panels) + 0.1, top + size * len(rows) + 0.2)
    head(
        page,
        "Nearest neighbours",
        "A test image of each digit, and its five nearest training images, nearest first.",
        f"{album.source}. Framed in red: another digit.",
    )
    shown = album.entries[0].evaluated["shown"][rows]
    _mosaic(place(page, 0.2, top, size, size * len(rows)), album.test[shown][:, None])
    for panel, entry in enumerate(panels):
        found = entry.evaluated["neighbours"][rows]
        x = left + (width + gap) * panel
        write_text(page, x + width / 2, top - 0.08, entry.title, ha="center", va="bottom")
        axes = place(page, x, top, width, size * len(rows))
        _mosaic(axes, album.train[found])
        other = album.train_labels[found] != album.test_labels[shown][:, None]
        for row, column in np.argwhere(other):
            axes.add_patch(mpl.patches.Rectangle(
                (column + 0.03, row + 0.03), 0.94, 0.94, fill=False, color=ALARM, linewidth=1.5,
            ))  # fmt: skip
    return page


def reconstructions(album: Album) -> Figure:
    """A test image per digit, perturbed, and given back by the decoders of all methods."""
    size, left, top = 0.55, 1.75, 1.35
    rows = album.first_of_each
    first = album.entries[0].reconstructed
    strips = [
        ("original", "", album.test[first["shown"]]),
        ("perturbed", _error(album.entries[0], "references", "perturbed_input"),
         first["perturbed"]),
    ]  # fmt: skip
    for given in ("perturbed", "clean"):
        for entry in album.entries:
            text = f"{entry.title}, from {given}"
            strips.append((text, _error(entry, given), entry.reconstructed[f"from_{given}"]))
    page = figure(left + size * len(rows) + 0.2, top + (size + 0.06) * len(strips) + 0.25)
    scores = album.entries[0].reconstruction["references"]
    head(
        page,
        "Given back from the embedding",
        "Test images, perturbed, and decoded from the prediction of the clean embedding.",
        f"{album.source}. MSE: mean squared error over the test images. The mean image has "
        f"{scores['mean_image']['mse']['mean']:.4f},",
        f"an oracle that knows the label and answers with the mean of the class "
        f"{scores['class_mean_image']['mse']['mean']:.4f}.",
    )
    for number, (name, note, images) in enumerate(strips):
        y = top + (size + 0.06) * number + 0.08 * (number > 1) + 0.08 * (number > 4)
        write_text(page, left - 0.1, y + size / 2 - 0.07, name, ha="right", va="center")
        write_text(page, left - 0.1, y + size / 2 + 0.09, note, ha="right", va="center",
                   color=FAINT, size=6.5)  # fmt: skip
        _mosaic(place(page, left, y, size * len(rows), size), images[rows][None])
    return page


def robustness(album: Album) -> Figure:
    """k-NN accuracy on perturbed test images, for each perturbation and method."""
    kinds = list(album.entries[0].embedding["knn_perturbed"])
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
        values = [entry.embedding["knn"]["accuracy"], *entry.embedding["knn_perturbed"].values()]
        y = np.arange(len(names)) + 0.2 * (number - (len(album.entries) - 1) / 2)
        mean = [value["mean"] for value in values]
        half = [value["ci95"] for value in values]
        axes.errorbar(mean, y, xerr=half, fmt="o", markersize=4, color=CATEGORIES[number],
                      label=entry.title, elinewidth=1.2)  # fmt: skip
    axes.set_yticks(np.arange(len(names)), [name.replace("_", " ") for name in names])
    axes.set(xlabel="accuracy")
    axes.invert_yaxis()
    axes.grid(axis="x", color="#e5e7eb", linewidth=0.5)
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def confusions(album: Album) -> Figure:
    """Which digit is taken for which, for each method: test images off the diagonal."""
    side, left, gap = 2.3, 0.5, 0.35
    page = figure(left + (side + gap) * len(album.entries), side + 1.75)
    head(
        page,
        "Taken for another",
        "Test images of each digit (rows) by the digit that their 5 nearest neighbours say.",
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
        axes.set_xticks(range(len(table)))
        axes.set_yticks(range(len(table)))
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
    page.axes[0].set_ylabel("digit")
    return page


def _counts(album: Album, entry: Entry) -> Array:
    """How many test images of each digit (rows) were taken for each digit (columns)."""
    table = np.zeros((10, 10), dtype=int)
    np.add.at(table, (album.test_labels, entry.evaluated["predicted"]), 1)
    return table


def _mosaic(axes: Axes, images: Array) -> None:
    """Images uint8 `[rows, columns, height, width]` side by side; a unit is one image."""
    rows, columns, height, width = images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=GAP)
    sheet = padded.transpose(0, 2, 1, 3).reshape(rows * (height + 2), columns * (width + 2))
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=255, extent=(0, columns, rows, 0), aspect="auto")
    axes.axis("off")


def _map_page(album: Album, dpi: int) -> tuple[Figure, list[Axes]]:
    side, left, gap = 2.6, 0.2, 0.25
    page = figure(left + (side + gap) * len(album.entries), side + 1.75, dpi)
    head(
        page,
        "Embeddings of test images",
        "The first two principal components of the unit embeddings; colours and numbers: digits.",
        f"{album.source}. No label took part in training.",
    )
    panels = [
        place(page, left + (side + gap) * number, 1.2, side, side)
        for number in range(len(album.entries))
    ]
    for axes in panels:
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set(visible=True, color="#c9cdd4", linewidth=0.5)
    return page, panels


def _dots(axes: Axes, points: Array, labels: Array, size: float) -> PathCollection:
    colours = np.array(DIGITS)[labels]
    return axes.scatter(points[:, 0], points[:, 1], s=size, c=colours, linewidths=0, alpha=0.8)


def _frame(axes: Axes, points: Array) -> None:
    """Limits around the points, at one scale in both directions."""
    reach = 1.08 * np.abs(points).max()
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach))


def _number(axes: Axes, centre: tuple[float, float], digit: int) -> Text:
    outline = [withStroke(linewidth=2.5, foreground="white")]
    look: Any = {"size": 12, "weight": "bold", "ha": "center", "va": "center"}
    return axes.text(*centre, str(digit), color=DIGITS[digit], path_effects=outline, **look)


def _error(entry: Entry, *path: str) -> str:
    found: Any = entry.reconstruction
    for part in path:
        found = found[part]
    return f"MSE {found['mse']['mean']:.4f}"


def _percent(value: dict[str, float]) -> str:
    return f"{100 * value['mean']:.2f} ± {100 * value['ci95']:.2f} %"


def _in_two_lines(name: str) -> str:
    return {"salt and pepper": "salt and\npepper"}.get(name, name)
