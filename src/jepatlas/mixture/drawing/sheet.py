"""All methods side by side on one sheet, in blocks one below the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import wrap
from typing import Any, NamedTuple, TypeVar

import numpy as np
from matplotlib.figure import Figure

from jepatlas.common.drawing import style
from jepatlas.mixture.drawing import maps
from jepatlas.mixture.drawing.maps import Array, Arrays, Scale, Scene

WIDTH, LEFT, RIGHT = 10.0, 0.85, 0.8  # inches; what stands in the margins: names, colour bars
TOP, GAP = 1.2, 0.06
Item = TypeVar("Item")


class Entry(NamedTuple):
    """A method; arrays and metrics as `evaluation.evaluate` returns them."""

    name: str
    arrays: Arrays
    metrics: dict[str, Any]


def figure(entries: Sequence[Entry], scene: Scene) -> Figure:
    """Landscapes by reference and method; below, energies and samples of the score methods."""
    embeddings = [entry for entry in entries if "means_landscapes" in entry.arrays]
    scores = [entry for entry in entries if "energy" in entry.arrays]
    parts, pairs = rows(embeddings, 8), rows(with_exact(scores), 4)
    blocks: list[Landscapes | Energies] = []
    blocks += [Landscapes(part, max(map(len, parts)), scene) for part in parts]
    if scores:
        scale = maps.nats(np.stack([entry.arrays["exact_energy"] for entry in scores]))
        blocks += [Energies(part, 2 * max(map(len, pairs)), scale, scene) for part in pairs]
    page = style.figure(WIDTH, TOP + sum(block.height for block in blocks), dpi=200)
    _head(page, bool(embeddings), bool(scores), scene)
    top = TOP
    for block in blocks:
        block.draw(page, top)
        top += block.height
    return page


def rows(items: Sequence[Item], most: int) -> list[Sequence[Item]]:
    """The items in rows of `most` at most, as even as can be."""
    count = -(-len(items) // most)
    ends = [len(items) * row // max(count, 1) for row in range(count + 1)]
    return [items[start:end] for start, end in pairwise(ends)]


@dataclass(frozen=True)
class Landscapes:
    """A column for each method, a row for each reference."""

    entries: Sequence[Entry]
    columns: int  # of the widest block of its kind
    scene: Scene

    @property
    def references(self) -> Array:
        references: Array = self.entries[0].arrays["means_references"]
        return references[: maps.REFERENCES]

    @property
    def map(self) -> float:
        """Width of a map."""
        return _width(max(self.columns, 4))

    @property
    def height(self) -> float:
        return 0.55 + len(self.references) * (self.map * self.scene.plane.ratio + GAP) + 0.45

    def draw(self, page: Figure, top: float) -> None:
        width, height = self.map, self.map * self.scene.plane.ratio
        top += 0.55  # below the names
        last = len(self.references) - 1
        for column, entry in enumerate(self.entries):
            left = LEFT + column * (width + GAP)
            _name(page, left + width / 2, top - 0.07, entry.name, self._numbers(entry))
            for row, reference in enumerate(self.references):
                axes = style.place(page, left, top + row * (height + GAP), width, height)
                energy = entry.arrays["means_landscapes"][row]
                image = maps.draw_map(axes, energy, maps.COSINES, self.scene.plane)
                maps.draw_dots(axes, self.scene.points[:150], size=2)
                maps.draw_star(axes, reference, size=70)
                maps.name_axes(axes, left=column == 0, bottom=row == last)
        for row, reference in enumerate(self.references):
            text = f"$x_{{ref}}$ =\n{maps.at(reference, 2)}"
            middle = top + row * (height + GAP) + height / 2
            style.write_text(page, 0.22, middle, text, **style.SIDE, size=7)
        right = LEFT + len(self.entries) * (width + GAP)
        bar = style.place(page, right, top, 0.1, (last + 1) * (height + GAP) - GAP)
        style.colour_bar(bar, image, maps.ENERGY, [-1, -0.5, 0, 0.5, 1])

    def _numbers(self, entry: Entry) -> list[tuple[str, str]]:
        auroc = entry.metrics["landscape"]["auroc"]["mean"]
        spread = entry.metrics["collapse"]["spread"]["mean"]
        colour = style.ALARM if spread < self.scene.collapsed else style.INK
        return [
            (f"AUROC {maps.number(auroc)}", style.INK),
            (f"spread {maps.number(spread)}", colour),
        ]


def with_exact(entries: Sequence[Entry]) -> list[Entry | Arrays]:
    """Each run of methods with one exact energy (one sigma), followed by that run's arrays."""
    found: list[Entry | Arrays] = []
    for number, entry in enumerate(entries):
        found.append(entry)
        exact = entry.arrays["exact_energy"]
        following = entries[number + 1 : number + 2]
        if not any(np.array_equal(exact, other.arrays["exact_energy"]) for other in following):
            found.append(entry.arrays)
    return found


@dataclass(frozen=True)
class Energies:
    """A pair of maps, energy and samples, for each score method and for the truth."""

    entries: Sequence[Entry | Arrays]
    columns: int
    scale: Scale
    scene: Scene

    @property
    def map(self) -> float:
        return _width(max(self.columns, 6))

    @property
    def height(self) -> float:
        return 0.7 + self.map * self.scene.plane.ratio + 0.45

    def draw(self, page: Figure, top: float) -> None:
        width, height = self.map, self.map * self.scene.plane.ratio
        top += 0.7  # below the names and the titles
        for number, entry in enumerate(self.entries):
            left = LEFT + 2 * number * (width + GAP)
            if isinstance(entry, Entry):
                name, arrays, metrics = entry
                error = maps.number(metrics["score"]["fisher_error"]["mean"])
                numbers = [(f"Fisher error {error}", style.INK)]
                titles = "energy", "Langevin samples"
                energy, samples = arrays["energy"], arrays["unadjusted_path"][-1]
            else:
                name, arrays, numbers = "exact", entry, []
                titles = r"$-\log\,p_\sigma$", "samples"
                energy, samples = arrays["exact_energy"], arrays["exact_samples"]
            _name(page, left + width + GAP / 2, top - 0.25, name, numbers)

            axes = style.place(page, left, top, width, height)
            axes.set_title(titles[0], size=7)
            image = maps.draw_map(axes, energy, self.scale, self.scene.plane)
            maps.name_axes(axes, left=number == 0)

            axes = style.place(page, left + width + GAP, top, width, height)
            axes.set_title(titles[1], size=7)
            maps.draw_samples(
                axes, samples, arrays["exact_energy"], self.scale, self.scene.plane, size=1
            )
            maps.name_axes(axes, left=False)
        bar = style.place(page, LEFT + 2 * len(self.entries) * (width + GAP), top, 0.1, height)
        maps.energy_bar(bar, image, self.scale)


def _head(page: Figure, landscapes: bool, energies: bool, scene: Scene) -> None:
    lines = []
    if landscapes:
        lines += [
            f"Landscapes {maps.ENERGY}, in each row from another reference $x_{{ref}}$ (star). "
            "Dark: near the reference.",
            "AUROC: how well a landscape separates the component of its reference from the others. "
            "Spread: variance of the normalised embeddings, red when collapsed.",
        ]
    if energies:
        lines.append(
            r"Energies: $-\log\,p_\sigma$, up to a constant, as learned from its gradient; "
            "Fisher error: relative squared error of that gradient.",
        )
    lines.append(
        f"Maps and samples: {scene.member}. Numbers: {scene.numbers}. Dots: held-out points."
    )
    style.head(page, "What each objective makes of the same points", *lines)


def _width(columns: int) -> float:
    """Width of a map that stands beside others."""
    return (WIDTH - LEFT - RIGHT) / columns - GAP


def _name(
    page: Figure, middle: float, bottom: float, name: str, numbers: Sequence[tuple[str, str]]
) -> None:
    """A method's name over its maps, and its key numbers in their colours."""
    look = {"ha": "center", "va": "baseline"}
    for text, colour in reversed(numbers):
        style.write_text(page, middle, bottom, text, size=7, color=colour, **look)
        bottom -= 0.135
    for line in reversed(wrap(maps.title(name), 15)[:2]):
        style.write_text(page, middle, bottom, line, size=8, weight="bold", **look)
        bottom -= 0.14
