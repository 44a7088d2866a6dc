"""How models look in the pictures of this track, and the lines that most of them are made of."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes

from jepatlas.common.drawing import looks as common
from jepatlas.common.drawing.looks import Look, label
from jepatlas.common.drawing.style import FAINT

LIMIT: Look = {"color": "black", "linestyle": (0, (1, 1.2)), "linewidth": 1.2}
RECIPES = {"as_published": "As published", "default": "Default recipe"}
SCATTERED = ("as_published",)  # recipes whose seeds say more by their range than by their mean
REFERENCES: dict[str, Look] = {
    "cca": {"color": "black", "linestyle": "--", "linewidth": 0.9, "label": "CCA"},
    "kalman": {**LIMIT, "label": "Kalman filter"},
    "chance": {"color": FAINT, "linestyle": "-", "linewidth": 0.7, "label": "chance"},
}


def looks(names: Sequence[str]) -> dict[str, Look]:
    """A colour, a dash and a label for each model, however many there are."""
    return {name: look | {"label": label(name)} for name, look in common.looks(names).items()}


def draw_lines(
    axes: Axes, rows: pd.DataFrame, x: str, recipe: str, names: Sequence[str], shift: float = 0.0
) -> None:
    """A line per model, the limit on top, and what the seeds leave open: an interval, or for a
    recipe whose seeds scatter their range, in bars that stand `shift` apart."""
    known = looks(names) | REFERENCES
    present = [name for name in known if (rows.model == name).any()]
    for number, name in enumerate(present):
        model, look = rows[rows.model == name], known[name]
        dodge = shift * (number - (len(present) - 1) / 2)
        moved = model[x] * (1 + dodge) if axes.get_xscale() == "log" else model[x] + dodge
        axes.plot(model[x], model["mean"], **look, zorder=4 if name == "kalman" else 2)
        if name in REFERENCES:
            continue
        if recipe in SCATTERED:
            axes.vlines(moved, model["min"], model["max"], color=look["color"], linewidth=0.8)
            for end in ("min", "max"):
                axes.plot(moved, model[end], ".", color=look["color"], markersize=2.5)
        else:
            axes.fill_between(
                model[x], model["low"], model["high"], color=look["color"], alpha=0.1, linewidth=0
            )
