"""The hidden causes' section of the page: recovered grids of latents, and charts of recovery."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from jepatlas.common.base.parameters import InputError, value
from jepatlas.common.base.storage import read_arrays, read_csv
from jepatlas.common.drawing.looks import label, looks
from jepatlas.common.measuring.measures import Measures
from jepatlas.common.reporting import packing
from jepatlas.common.reporting.cards import cards
from jepatlas.common.reporting.charts import INK, rows, specification
from jepatlas.common.reporting.headlines import headlines, one_of
from jepatlas.common.reporting.packing import Array, Arrays
from jepatlas.common.reporting.page import Section, asset, fill, folded, still
from jepatlas.common.reporting.page import measures as table
from jepatlas.hidden_causes.drawing import layout
from jepatlas.hidden_causes.drawing.tables import BOUND, SWEEPS
from jepatlas.hidden_causes.reporting.cards import CARDS
from jepatlas.hidden_causes.track import TITLE

DATA, PLOTS = Path("data/hidden_causes"), Path("plots/hidden_causes")
REFERENCES = {  # beside the methods, as people write them
    "observation": "least squares from x",
    "eigenfunctions": "predicted: best whitened",
    "gaussianised": "predicted: best Gaussian",
}
EXACT = {"eigenfunctions": [6, 3], "gaussianised": [1, 2], "observation": [6, 2, 1, 2]}  # dashes
AXES = {"alpha": "shape of the latents, alpha", "n": "number of latents, n"}
BLOCKS = ("mixings", "shapes")  # of worlds whose grids are shown
SIDE = 21  # points along an edge of a grid that the page keeps
STEP = 0.02  # of the coordinates of grids: less than a pixel
REACH = 8  # further out nothing is seen


def page() -> Section:
    """The section, from the files of the current folder."""
    names = list(value("hidden_causes.methods"))
    truth = read_arrays(DATA / "exact" / "drawn.npz", layout.EXACT)
    drawn = {
        name: read_arrays(DATA / "evaluated" / f"{name}.npz", layout.EVALUATED) for name in names
    }
    tables = {
        name: read_csv(PLOTS / "tables" / f"{name}.csv", ["method"], [x, "mean", "min", "max"])
        for name, x in SWEEPS.items()
    }
    tables["bounds"] = read_csv(PLOTS / "tables" / "bounds.csv", **BOUND)
    labels = {name: called(name) for name in [*names, *EXACT]}
    measured = Measures.read("hidden_causes")
    shown = data(truth, drawn, measured)
    shown["charts"] = charts(tables, names)
    parts = {
        "headlines": numbers(labels, measured),
        "cards": cards(labels, CARDS),
        "measures": folded(table("hidden_causes", labels)),
    }
    html = fill(asset(__package__, "section.html"), parts)
    scripts = [asset(__package__, "hidden_causes.js")]
    return Section(TITLE, html, scripts, shown, labels, still(PLOTS / "pictures" / "sheet.png"))


def numbers(names: Mapping[str, str], measured: Measures) -> str:
    """R^2 of the latents behind each mixing, and of the angles of the arm."""
    mixings = dict.fromkeys(
        world for method in measured.methods for world in measured.below(method, "mixings")
    )
    worlds = {f"R² behind {one.replace('_', ' ')}": f"mixings.{one}.r2" for one in mixings}
    worlds["R² of the arm's angles"] = "arm.r2"
    columns = {words: one_of(measured, name) for words, name in worlds.items()}
    return headlines("Objectives", names, columns)


def called(name: str) -> str:
    """A method's or reference's name as people write it."""
    return REFERENCES.get(name, label(name))


# Grids


def data(truth: Arrays, drawn: Mapping[str, Arrays], measures: Measures) -> dict[str, Any]:
    """Each world by its name: the grid as observed, and as each method recovered it, at every kept
    step of training; those that are not trained in a world are left out of it.

    truth: what `exact` wrote; drawn: what `evaluate` wrote, by method.
    """
    worlds = {}
    for key, seen in truth.items():
        name, _, last = key.partition("/")
        if last == "grid" and name.partition(".")[0] in BLOCKS:
            methods = {
                method: {"label": called(method), **recovered(method, arrays, name, measures)}
                for method, arrays in drawn.items()
                if measures.has(method, f"{name}.r2")
            }
            worlds[name] = {"seen": framed(seen), "methods": methods}
    return {"side": SIDE, "step": STEP, "worlds": worlds, "latents": packed(truth["grid"][None])}


def recovered(method: str, arrays: Arrays, world: str, measures: Measures) -> dict[str, Any]:
    """A method's grids through training, and its R^2: the mean and the lowest of the seeds."""
    for key in (f"{world}/grid", f"{world}/grid_steps"):
        if key not in arrays:
            file = DATA / "evaluated" / f"{method}.npz"
            raise InputError(f"{file}: lacks {key}; `dvc repro` makes it anew")
    found = measures.get(method, f"{world}.r2")
    return {
        "grids": packed(arrays[f"{world}/grid"]),
        "steps": arrays[f"{world}/grid_steps"].tolist(),
        "r2": [round(found.mean, 3), round(found.min, 3)],
    }


def packed(grids: Array) -> str:
    """Grids `[frames, side, side, 2]` at `SIDE` points along an edge, the first coordinates of all
    frames, then the second."""
    chosen = np.linspace(0, grids.shape[1] - 1, SIDE).round().astype(int)
    few = grids[:, chosen][:, :, chosen].clip(-REACH, REACH)
    fields = np.moveaxis(few, -1, 0).reshape(-1, SIDE, SIDE)
    return packing.fields(np.round(fields / STEP))


def framed(seen: Array) -> str:
    """The grid as observed, moved and scaled into the frame of the latents."""
    low, high = seen.min(axis=(0, 1)), seen.max(axis=(0, 1))
    return packed(2.7 * (seen - (low + high) / 2)[None] / ((high - low).max() / 2))


# Charts: Vega-Lite


def charts(tables: Mapping[str, pd.DataFrame], names: Sequence[str]) -> list[dict[str, Any]]:
    """Title, specification and rows of each chart; tables: of plots/hidden_causes/tables."""
    found = [
        ("R² against the shape of the latents", "shapes", _sweep(tables["shapes"], "alpha", names)),
        ("R² against their number", "dimensions", _sweep(tables["dimensions"], "n", names)),
        ("The bound against the error", "bounds", _bounds(names)),
    ]
    return [
        {"title": title, "spec": spec, "rows": _rows(tables[name])} for title, name, spec in found
    ]


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    columns = [name for name in table if name not in ("ci95", "low", "high", "members")]
    return rows(table.assign(method=table["method"].map(label)), columns)


def _colours(names: Sequence[str]) -> Any:
    """Of each method, the same in all charts; what is exact has the colour of text."""
    colours = {called(name): look["color"] for name, look in looks(names).items()}
    colours |= {called(name): INK for name in EXACT}
    return alt.Scale(domain=list(colours), range=list(colours.values()))


def _legend(names: Sequence[str], symbol: str) -> Any:
    """Below a chart, in the colour of text, solid where a band of the same colour is not."""
    look: Any = {"labelColor": INK, "symbolType": symbol, "symbolOpacity": 1}
    return alt.Legend(title=None, orient="bottom", columns=2, values=list(names), **look)


def _present(table: pd.DataFrame) -> list[str]:
    return [called(name) for name in table["method"].unique()]


def _sweep(table: pd.DataFrame, x: str, names: Sequence[str]) -> Any:
    """R^2 with a band from the lowest to the highest seed; predictions are dashed."""
    ticks = sorted(float(number) for number in table[x].unique())
    axis = alt.Axis(grid=False, values=ticks, labelExpr="'' + datum.value")
    dashes = {called(name): EXACT.get(name, [1, 0]) for name in [*names, *EXACT]}
    legend = _legend(_present(table), "stroke")
    base = alt.Chart(alt.NamedData("rows")).encode(
        alt.X(f"{x}:Q", title=AXES[x], axis=axis, scale=alt.Scale(type="log", base=2)),
        alt.Color("method:N", scale=_colours(names), legend=legend),
    )
    band = base.mark_area(opacity=0.16).encode(y=alt.Y("min:Q", title="R²"), y2="max:Q")
    line = base.mark_line(strokeWidth=1.8, point=alt.OverlayMarkDef(size=24)).encode(
        alt.Y("mean:Q", title="R²", scale=alt.Scale(zero=False)),
        alt.StrokeDash(
            "method:N",
            scale=alt.Scale(domain=list(dashes), range=list(dashes.values())),
            legend=legend,
        ),
        tooltip=[
            "method:N",
            f"{x}:Q",
            *(alt.Tooltip(f"{k}:Q", format=".3f") for k in ("mean", "min", "max")),
        ],
    )
    return specification(alt.layer(band, line))


def _bounds(names: Sequence[str]) -> Any:
    """Each seed in each world a point; above the line the bound is kept."""
    legend = _legend([called(name) for name in names], "circle")
    scale, axis = alt.Scale(type="log", nice=False), alt.Axis(grid=False, tickCount=5)
    dots = (
        alt.Chart(alt.NamedData("rows"))
        .mark_circle(size=18, opacity=0.7)
        .encode(
            alt.X("error:Q", title="error", scale=scale, axis=axis),
            alt.Y("bound:Q", title="bound", scale=scale, axis=axis),
            alt.Color("method:N", scale=_colours(names), legend=legend),
            tooltip=["method:N", "world:N", "seed:Q", "error:Q", "bound:Q"],
        )
    )
    line = (
        alt.Chart(alt.NamedData("rows"))
        .mark_line(strokeWidth=1, opacity=0.6, color=INK)
        .encode(alt.X("error:Q"), alt.Y("error:Q"))
    )
    return specification(alt.layer(line, dots))
