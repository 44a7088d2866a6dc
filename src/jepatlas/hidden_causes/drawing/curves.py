"""R^2 against the shape of the latents and against their number; the bound against the error."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jepatlas.common.drawing.looks import looks
from jepatlas.common.drawing.style import FAINT, figure, head, place

PREDICTED: dict[str, dict[str, Any]] = {
    "eigenfunctions": {"color": "black", "linestyle": "--", "label": "predicted: best whitened"},
    "gaussianised": {"color": "black", "linestyle": ":", "label": "predicted: best Gaussian"},
    "observation": {"color": FAINT, "linestyle": "-.", "label": "from x itself"},
}


def sweeps(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """R^2 against alpha, with the predictions, and against n."""
    page = figure(8.6, 3.9)
    head(
        page,
        "What recovery depends on",
        "$R^2$ of the latents by least squares from the embedding; bands: lowest to highest seed.",
        "Left: the shape of the latents; only the Gaussian, 2, leaves the optimum linear. "
        "Right: their number, behind coupling layers.",
    )
    left = place(page, 0.65, 1.2, 3.4, 2.15)
    _lines(left, tables["shapes"], "alpha")
    alphas = sorted(tables["shapes"]["alpha"].unique())
    left.set(xlabel="shape $\\alpha$ of the latents", ylabel="$R^2$")
    left.set_xticks(alphas, [f"{alpha:g}" for alpha in alphas])
    right = place(page, 4.6, 1.2, 2.1, 2.15)
    _lines(right, tables["dimensions"], "n")
    sizes = sorted(tables["dimensions"]["n"].unique())
    right.set(xlabel="number of latents $n$")
    right.set_xticks(sizes, [f"{size:g}" for size in sizes])
    left.legend(loc="lower right")
    right.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def _lines(axes: Axes, table: pd.DataFrame, x: str) -> None:
    axes.set_xscale("log", base=2)
    trained = [name for name in table["method"].unique() if name not in PREDICTED]
    for name, look in looks(trained).items():
        rows = table[table["method"] == name].sort_values(x)
        axes.plot(rows[x], rows["mean"], **look, marker="o", markersize=3, label=name)
        band = {"color": look["color"], "alpha": 0.15, "linewidth": 0}
        axes.fill_between(rows[x], rows["min"], rows["max"], **band)
    for name, look in PREDICTED.items():
        rows = table[table["method"] == name].sort_values(x)
        if len(rows):
            axes.plot(rows[x], rows["mean"], **look)
    axes.minorticks_off()


def bounds(table: pd.DataFrame) -> Figure:
    """The theorem's bound against the error that it bounds, each seed in each world a point."""
    page = figure(5.2, 4.6)
    head(
        page,
        "The bound and the error",
        "Error $E|h - Qz|^2$ at the best $Q$, of each seed in each Gaussian world, and its bound.",
        "Above the line the bound is kept. Scale-free objectives at unit variance.",
    )
    axes = place(page, 0.75, 1.1, 2.9, 2.9)
    for name, look in looks(list(table["method"].unique())).items():
        rows = table[table["method"] == name]
        points: Any = {"marker": ".", "markersize": 4, "alpha": 0.7, "linestyle": ""}
        axes.plot(rows["error"], rows["bound"], **(look | points), label=name)
    low, high = table["error"].min() / 2, table["bound"].max() * 2
    axes.plot([low, high], [low, high], color=FAINT, linewidth=0.8)
    axes.set(xscale="log", yscale="log", xlabel="error", ylabel="bound")
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page
