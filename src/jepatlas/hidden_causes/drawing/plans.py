"""Planned paths: straight in what is seen, and straight in what was learned of it."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from jepatlas.common.drawing.style import CATEGORIES, FAINT, figure, head, place
from jepatlas.hidden_causes.drawing.warped import FRAME, Arrays, trained, worlds

SIDE, GAP, LEFT, TOP = 1.6, 0.3, 0.3, 1.35  # inches


def plans(truth: Arrays, drawn: Mapping[str, Arrays], measured: pd.DataFrame) -> Figure:
    """In the latents of each mixing: the paths of x, and of the method whose plans are shortest."""
    names = worlds(truth)
    drawn = trained(names, drawn)
    page = figure(max(LEFT + (SIDE + GAP) * len(names) + 0.1, 7.6), TOP + 2 * (SIDE + 0.4))
    head(
        page,
        "Planning",
        "The straight line from start to goal, in what is seen (top) and in an embedding (below), "
        "as paths of the latents.",
        "Numbers: length of the paths over that of the shortest, of those that reach the goal.",
    )
    found = measured.set_index(["method", "measure"])["mean"]
    for column, world in enumerate(names):
        ratio = f"{world}.planning.ratio"
        best = sorted(drawn, key=lambda name: _order(found.get((name, ratio))))[:1]
        left = LEFT + (SIDE + GAP) * column
        shown = [("observation", truth), *((name, drawn[name]) for name in best)]
        for row, (name, arrays) in enumerate(shown):
            axes = place(page, left, TOP + (SIDE + 0.4) * row, SIDE, SIDE)
            for path in arrays[f"{world}/paths"]:
                axes.plot(*path[[0, -1]].T, color=FAINT, linewidth=0.4, linestyle=":")
                axes.plot(*path.T, color=CATEGORIES[row], linewidth=0.9)
                axes.plot(*path[0], ".", color="black", markersize=3)
            label = "x" if row == 0 else name
            axes.set_title(f"{world.partition('.')[2]}, {label}: {found[name, ratio]:.2f}")
            axes.set(xlim=(-FRAME, FRAME), ylim=(-FRAME, FRAME), xticks=[], yticks=[])
    return page


def _order(ratio: float | None) -> float:
    """Unknown comes last."""
    return float("inf") if ratio is None or ratio != ratio else ratio
