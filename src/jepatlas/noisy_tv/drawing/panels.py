"""A small panel for each model with the others in grey: many lines in one frame hide each other."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jepatlas.common.drawing.looks import label
from jepatlas.common.drawing.style import SIDE, figure, head, place, write_text
from jepatlas.noisy_tv.drawing.looks import RECIPES, REFERENCES, SCATTERED, looks

COLUMNS = 8  # panels beside each other
ALL, LEAST, MOST = 8.3, 1.03, 2.6  # inches: all panels of a line, the width of one
HEIGHT, GAP, BLOCK, LEFT = 1.35, 0.22, 1.95, 0.95
OTHERS = "#d3d6dc"


class Panels(dict[tuple[str, str], Axes]):
    """The panel of each recipe and model."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = list(names)

    def bottom(self, recipe: str, name: str) -> bool:
        """Whether no panel of this recipe lies below, so that the axis is named here."""
        return self.names.index(name) + COLUMNS >= len(self.names)


def pages(
    names: Sequence[str], recipes: Sequence[str], y: str, title: str, line: str, *notes: str
) -> tuple[Figure, Panels]:
    """An empty figure with a line of panels for each recipe."""
    columns = min(max(len(names), 1), COLUMNS)
    width = min(max(ALL / columns - GAP, LEAST), MOST)
    lines = -(-len(names) // COLUMNS)
    page = figure(
        max(LEFT + columns * (width + GAP) + 0.1, 8.6), 1.5 + BLOCK * lines * len(recipes)
    )
    head(page, title, line, *notes)
    panels = Panels(names)
    known = looks(names)
    for block, recipe in enumerate(recipes):
        top = 1.4 + BLOCK * lines * block
        if len(recipes) > 1:
            write_text(page, 0.15, top + HEIGHT / 2, RECIPES[recipe], **SIDE)
        for number, name in enumerate(names):
            row, column = divmod(number, COLUMNS)
            axes = place(page, LEFT + column * (width + GAP), top + BLOCK * row, width, HEIGHT)
            axes.set_title(label(name), color=known[name]["color"], weight="bold")
            axes.tick_params(labelleft=column == 0)
            if column == 0:
                axes.set_ylabel(y)
            panels[recipe, name] = axes
    return page, panels


def draw_one(
    axes: Axes,
    rows: pd.DataFrame,
    x: str,
    name: str,
    names: Sequence[str],
    references: Sequence[str],
) -> None:
    """A model's line and what its seeds leave open: their range where they scatter, else an
    interval. The other models in grey, the references in their looks."""
    look = looks(names)[name]
    for other in names:
        model = rows[rows.model == other]
        axes.plot(model[x], model["mean"], color=OTHERS, linewidth=0.8, zorder=1)
    for reference in references:
        model = rows[rows.model == reference]
        axes.plot(model[x], model["mean"], **REFERENCES[reference], zorder=4)
    model = rows[rows.model == name]
    scattered = bool(model.recipe.isin(SCATTERED).all())
    ends = ("min", "max") if scattered else ("low", "high")
    colour = look["color"]
    axes.fill_between(model[x], *(model[end] for end in ends), color=colour, alpha=0.2, linewidth=0)
    axes.plot(model[x], model["mean"], color=colour, label=look["label"], zorder=3)
