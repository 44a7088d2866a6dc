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
from jepatlas.mixture.truth.recipes import DEFAULT, PUBLISHED

WIDTH, LEFT, RIGHT = 10.0, 0.85, 0.8  # inches; what stands in the margins: names, colour bars
TOP, GAP = 1.35, 0.06
WORDS = {PUBLISHED: "as published", DEFAULT: "by the default recipe"}
Item = TypeVar("Item")


class Entry(NamedTuple):
    """A method by a recipe; arrays and metrics as `evaluation.evaluate` returns them."""

    name: str
    recipe: str
    arrays: Arrays
    metrics: dict[str, Any]


def figure(entries: Sequence[Entry], scene: Scene) -> Figure:
    """Landscapes by reference and method; below, energies and samples of the score methods.

    entries: one or more, all of one recipe.
    """
    embeddings = [entry for entry in entries if "means_landscapes" in entry.arrays]
    scores = [entry for entry in entries if "energy" in entry.arrays]
    columns: list[Entry | Optimum] = [*embeddings, *optima(embeddings)]
    parts = rows(columns, 8)
    drawn = with_exact(scores)
    # Full rows first: an exact energy then stands beside its methods as long as these are few.
    pairs = [drawn[start : start + 4] for start in range(0, len(drawn), 4)]
    blocks: list[Landscapes | Energies] = []
    if embeddings:
        blocks += [Landscapes(part, max(map(len, parts)), scene) for part in parts]
    if scores:
        scale = maps.nats(np.stack([entry.arrays["exact_energy"] for entry in scores]))
        blocks += [Energies(part, 2 * max(map(len, pairs)), scale, scene) for part in pairs]
    page = style.figure(WIDTH, TOP + sum(block.height for block in blocks), dpi=200)
    _head(page, entries[0].recipe, bool(embeddings), bool(optima(embeddings)), bool(scores), scene)
    top = TOP
    for block in blocks:
        block.draw(page, top)
        top += block.height
    return page


class Optimum(NamedTuple):
    """What the objective of a method has as its optimum: landscapes `[references, rows, columns]`
    in the place of its own."""

    title: str
    of: Entry
    landscapes: Array


def optima(entries: Sequence[Entry]) -> list[Optimum]:
    """One of each title, that of the first method that has it."""
    found: dict[str, Optimum] = {}
    for entry in entries:
        if "optimum_title" in entry.arrays:
            title = str(entry.arrays["optimum_title"])
            found.setdefault(title, Optimum(title, entry, entry.arrays["optimum_landscapes"]))
    return list(found.values())


def of(item: Entry | Optimum) -> Entry:
    """The method of a column."""
    return item.of if isinstance(item, Optimum) else item


def references(item: Entry | Optimum) -> Array:
    """The component means that its landscapes are seen from, `[r, 2]`."""
    return of(item).arrays["means_references"][: maps.REFERENCES]


def on_the_scale(landscape: Array) -> Array:
    """A cosine as it is, nats from -1 to 1: they have no scale in common with a cosine, and each
    reference has a constant of its own."""
    low, high = landscape.min(), landscape.max()
    if max(-low, high) <= 1:
        return landscape
    return 2 * (landscape - low) / (high - low) - 1


def rows(items: Sequence[Item], most: int) -> list[Sequence[Item]]:
    """The items in rows of `most` at most, as even as can be."""
    count = -(-len(items) // most)
    ends = [len(items) * row // max(count, 1) for row in range(count + 1)]
    return [items[start:end] for start, end in pairwise(ends)]


@dataclass(frozen=True)
class Landscapes:
    """A column for each method, a row for each component, from whose mean the landscape is seen.
    Components lie where the mixture of a method's recipe has them."""

    entries: Sequence[Entry | Optimum]
    columns: int  # of the widest block of its kind
    scene: Scene

    @property
    def rows(self) -> int:
        return max(len(references(entry)) for entry in self.entries)

    @property
    def map(self) -> float:
        """Width of a map."""
        return _width(max(self.columns, 4))

    @property
    def height(self) -> float:
        return 0.55 + self.rows * (self.map * self.scene.plane.ratio + GAP) + 0.45

    def draw(self, page: Figure, top: float) -> None:
        width, height = self.map, self.map * self.scene.plane.ratio
        top += 0.55  # below the names
        for column, entry in enumerate(self.entries):
            left = LEFT + column * (width + GAP)
            name, numbers, energies = self._column(entry)
            _name(page, left + width / 2, top - 0.07, name, numbers)
            points, last = of(entry).arrays["points"], len(references(entry)) - 1
            for row, reference in enumerate(references(entry)):
                axes = style.place(page, left, top + row * (height + GAP), width, height)
                image = maps.draw_map(axes, energies[row], maps.COSINES, self.scene.plane)
                maps.draw_dots(axes, points[:150], size=2)
                maps.draw_star(axes, reference, size=70)
                maps.name_axes(axes, left=column == 0, bottom=row == last)
        for row in range(self.rows):
            middle = top + row * (height + GAP) + height / 2
            text = f"component {row + 1}"
            style.write_text(page, 0.22, middle, text, **style.SIDE, size=7)
        right = LEFT + len(self.entries) * (width + GAP)
        bar = style.place(page, right, top, 0.1, self.rows * (height + GAP) - GAP)
        style.colour_bar(bar, image, maps.ENERGY, [-1, -0.5, 0, 0.5, 1])

    def _column(self, entry: Entry | Optimum) -> tuple[str, list[tuple[str, str]], Sequence[Array]]:
        """Its name, its numbers in their colours, and a landscape for each reference."""
        if isinstance(entry, Entry):
            return entry.name, self._numbers(entry), list(entry.arrays["means_landscapes"])
        numbers = [("optimum of", style.INK), (maps.title(entry.of.name), style.INK)]
        return f"exact: {entry.title}", numbers, [on_the_scale(one) for one in entry.landscapes]

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
                name, arrays = entry.name, entry.arrays
                error = maps.number(entry.metrics["score"]["fisher_error"]["mean"])
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


def _head(
    page: Figure, recipe: str, landscapes: bool, exact: bool, energies: bool, scene: Scene
) -> None:
    lines = []
    if landscapes:
        lines += [
            f"Landscapes {maps.ENERGY}, in each row from the mean $x_{{ref}}$ of another component "
            "(star). Dark: near it.",
            "AUROC: how well a landscape separates the component of its reference from the others. "
            "Spread: variance of the normalised embeddings, red when collapsed.",
        ]
    if exact:
        lines.append(
            "Exact: the landscapes of an objective's optimum; pointwise mutual information "
            "from a floor, which is lower where the views hardly differ, to its highest."
        )
    if energies:
        lines.append(
            r"Energies: $-\log\,p_\sigma$, up to a constant, as learned from its gradient; "
            "Fisher error: relative squared error of that gradient.",
        )
    lines.append(
        f"Maps and samples: {scene.member}. Numbers: {scene.numbers}. Dots: held-out points."
    )
    style.head(page, f"What each objective makes of its points, {WORDS[recipe]}", *lines)


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
    for line in reversed(wrap(maps.title(name), 15)[:3]):
        style.write_text(page, middle, bottom, line, size=8, weight="bold", **look)
        bottom -= 0.14
