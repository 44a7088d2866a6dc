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
from jepatlas.images.drawing.album import Album, Array, Entry

GAP = 215  # grey between images, or a white one would have no border


def perturbations(album: Album) -> Figure:
    """Some test images and what each perturbation makes of them."""
    drawn = album.entries[0].arrays
    kinds, rows = list(drawn["kinds"]), album.rows
    size, left, top = 0.62, 0.3, 1.3
    page = figure(left + size * (len(kinds) + 1) + 0.5, top + size * len(rows) + 0.2)
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
        place_x = left + size * column + gap
        write_text(page, place_x + size / 2, top - 0.08, _in_two_lines(name), ha="center",
                   va="bottom", size=6.5)  # fmt: skip
        _mosaic(place(page, place_x, top, size, size * len(rows)), images[rows][:, None])
    return page


def neighbours(album: Album) -> Figure:
    """One test image per class and its five nearest training images under each method."""
    size, left, top, gap = 0.42, 0.75, 1.25, 0.3
    rows, panels = album.rows, album.entries
    width = size * 5
    page = figure(left + (width + gap) * len(panels) + 0.1, top + size * len(rows) + 0.2)
    head(
        page,
        "Nearest neighbours",
        "A test image of each class, and its five nearest training images, nearest first.",
        f"{album.source}. Framed in red: another class.",
    )
    shown = album.entries[0].arrays["shown"][rows]
    _mosaic(place(page, 0.2, top, size, size * len(rows)), album.images.test[shown][:, None])
    for panel, entry in enumerate(panels):
        found = entry.arrays["neighbours"][rows]
        x = left + (width + gap) * panel
        write_text(page, x + width / 2, top - 0.08, entry.title, ha="center", va="bottom")
        axes = place(page, x, top, width, size * len(rows))
        _mosaic(axes, album.images.train[found])
        other = album.images.train_labels[found] != album.images.test_labels[shown][:, None]
        for row, column in np.argwhere(other):
            axes.add_patch(mpl.patches.Rectangle(
                (column + 0.03, row + 0.03), 0.94, 0.94, fill=False, color=ALARM, linewidth=1.5,
            ))  # fmt: skip
    return page


def reconstructions(album: Album) -> Figure:
    """A test image per class, perturbed, and given back by the decoders of all methods."""
    size, left, top = 0.55, 1.75, 1.35
    rows = album.rows
    first = album.entries[0].arrays
    strips = [
        ("original", "", album.images.test[first["shown"]]),
        ("perturbed", _error(album.entries[0], "references", "perturbed_input"),
         first["perturbed"][-1]),
    ]  # fmt: skip
    for given in ("perturbed", "clean"):
        for entry in album.entries:
            text = f"{entry.title}, from {given}"
            strips.append((text, _error(entry, given), entry.arrays[f"from_{given}"]))
    page = figure(left + size * len(rows) + 0.2, top + (size + 0.06) * len(strips) + 0.25)
    scores = album.entries[0].measured["reconstruction"]["references"]
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
        y = (
            top
            + (size + 0.06) * number
            + 0.08 * (number > 1)
            + 0.08 * (number > 1 + len(album.entries))
        )
        write_text(page, left - 0.1, y + size / 2 - 0.07, name, ha="right", va="center")
        write_text(page, left - 0.1, y + size / 2 + 0.09, note, ha="right", va="center",
                   color=FAINT, size=6.5)  # fmt: skip
        _mosaic(place(page, left, y, size * len(rows), size), images[rows][None])
    return page


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
