"""Pictures of images: perturbed, beside their neighbours, given back by decoders."""

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jepatlas.common.drawing.style import (
    ALARM,
    FAINT,
    figure,
    head,
    place,
    write_text,
)
from jepatlas.images.drawing.album import HEADING, Album, Array, Entry, room

GAP = 215  # grey between images, or a white one would have no border


def perturbations(album: Album) -> Figure:
    """Some test images and what each perturbation makes of them."""
    drawn = album.entries[0].arrays
    kinds, rows = list(drawn["kinds"]), album.rows
    (wide, high), left, top = album.cell(0.62), 0.3, 1.3
    step = max(wide, 0.55)  # as wide as the names above
    width = left + step * (len(kinds) + 1) + 0.5
    page = figure(max(width, HEADING), top + high * len(rows) + 0.2)
    head(
        page,
        "What the networks see",
        "Test images, each perturbation by itself, and all of them in turn.",
        f"{album.source}. At full strength; every image has its own draw.",
    )
    columns = [album.images.test[drawn["shown"]], *drawn["perturbed"]]
    names = ["original", *(kind.replace("_", " ") for kind in kinds)]
    for column, (name, images) in enumerate(zip(names, columns, strict=True)):
        gap = 0.12 * (column > 0) + 0.12 * (column == len(names) - 1)
        x = left + step * column + gap
        write_text(page, x + wide / 2, top - 0.08, _in_two_lines(name), ha="center",
                   va="bottom", size=6.5)  # fmt: skip
        _mosaic(place(page, x, top, wide, high * len(rows)), images[rows][:, None])
    return page


def neighbours(album: Album) -> Figure:
    """One test image per class and its five nearest training images under each method."""
    (wide, high), top, gap = album.cell(0.42), 1.25, 0.3
    rows, panels, left = album.rows, album.entries, wide + 0.33
    width = max(wide * 5, room([entry.title for entry in panels], size=8))
    across = left + (width + gap) * len(panels) + 0.1
    page = figure(max(across, HEADING), top + high * len(rows) + 0.2)
    head(
        page,
        "Nearest neighbours",
        "A test image of each class, and its five nearest training images, nearest first.",
        f"{album.source}. Framed in red: another class.{album.whose}",
    )
    shown = album.entries[0].arrays["shown"][rows]
    _mosaic(place(page, 0.2, top, wide, high * len(rows)), album.images.test[shown][:, None])
    for panel, entry in enumerate(panels):
        found = entry.arrays["neighbours"][rows]
        x = left + (width + gap) * panel
        write_text(page, x + wide * 5 / 2, top - 0.08, entry.title, ha="center", va="bottom")
        axes = place(page, x, top, wide * 5, high * len(rows))
        _mosaic(axes, album.images.train[found])
        other = album.images.train_labels[found] != album.images.test_labels[shown][:, None]
        for row, column in np.argwhere(other):
            axes.add_patch(mpl.patches.Rectangle(
                (column + 0.03, row + 0.03), 0.94, 0.94, fill=False, color=ALARM, linewidth=1.5,
            ))  # fmt: skip
    return page


def reconstructions(album: Album) -> Figure:
    """A test image per class, perturbed, and given back by the decoders of all methods."""
    groups = _strips(album)
    strips = [strip for group in groups for strip in group]
    (wide, high), top, rows = album.cell(0.55), 1.35, album.rows
    left = max(1.75, 0.3 + room([name for name, *_ in strips], size=8))
    step = max(high, 0.4) + 0.06  # two lines of text beside each
    height = top + step * len(strips) + 0.08 * len(groups)
    page = figure(max(left + wide * len(rows) + 0.2, HEADING), height + 0.1)
    scores = album.entries[0].measured["reconstruction"]["references"]
    head(
        page,
        "Given back from the embedding",
        "Test images, perturbed, and decoded from the prediction of the clean embedding.",
        f"{album.source}. MSE: mean squared error over the test images. The mean image has "
        f"{scores['mean_image']['mse']['mean']:.4f},",
        f"an oracle that knows the label and answers with the mean of the class "
        f"{scores['class_mean_image']['mse']['mean']:.4f}.{album.whose}",
    )
    y = top
    for group in groups:
        for name, note, images in group:
            write_text(page, left - 0.1, y + high / 2 - 0.07, name, ha="right", va="center")
            write_text(page, left - 0.1, y + high / 2 + 0.09, note, ha="right", va="center",
                       color=FAINT, size=6.5)  # fmt: skip
            _mosaic(place(page, left, y, wide * len(rows), high), images[rows][None])
            y += step
        y += 0.08
    return page


Strip = tuple[str, str, Array]  # a name, a note, and images


def _strips(album: Album) -> list[list[Strip]]:
    """What is given, and what the methods give back: from the perturbed, and from the clean."""
    first = album.entries[0]
    groups: list[list[Strip]] = [
        [
            ("original", "", album.images.test[first.arrays["shown"]]),
            (
                "perturbed",
                _error(first, "references", "perturbed_input"),
                first.arrays["perturbed"][-1],
            ),
        ]
    ]
    for given in ("perturbed", "clean"):
        groups.append(
            [
                (f"{e.title}, from {given}", _error(e, given), e.arrays[f"from_{given}"])
                for e in album.entries
            ]
        )
    return groups


def _mosaic(axes: Axes, images: Array) -> None:
    """Images uint8 `[rows, columns, height, width]` side by side; a unit is one image."""
    rows, columns, height, width = images.shape
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=GAP)
    sheet = padded.transpose(0, 2, 1, 3).reshape(rows * (height + 2), columns * (width + 2))
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=255, extent=(0, columns, rows, 0), aspect="auto")
    axes.axis("off")


def _error(entry: Entry, *path: str) -> str:
    found: Any = entry.measured["reconstruction"]
    for part in path:
        found = found[part]
    return f"MSE {found['mse']['mean']:.4f}"


def _in_two_lines(name: str) -> str:
    return {"salt and pepper": "salt and\npepper"}.get(name, name)
