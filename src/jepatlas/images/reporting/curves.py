"""Charts of training, and of what each encoder takes for what."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from jepatlas.common.drawing.looks import BLUE, COLOURS, VEGA_DASHES, label, places
from jepatlas.common.reporting.charts import INK, rows, specification

FAINTEST, FULLEST = 0.06, 0.55  # opacity of a cell: text is read on all of them, light and dark
NUMBERED = 10  # classes at most whose counts are written into the cells
CURVES = (  # title, column, words on its axis
    ("Loss through training", "loss", "loss"),
    ("Right by 5-NN on training images held out", "knn_accuracy", "share of images"),
)


def charts(
    training: pd.DataFrame, confusion: pd.DataFrame, names: Sequence[str], classes: Sequence[str]
) -> list[dict[str, Any]]:
    """Title, specification and rows of each chart.

    training, confusion: of plots/images/tables, the names of classes as texts; names: the
    methods', of which others are left out.
    """
    own = training[training.method.isin(names)]
    own = own.assign(method=own.method.map(label))
    found = [
        {
            "title": words,
            "spec": _curves(own, names, column, axis),
            "rows": rows(own, ["method", "epoch", column]),
        }
        for words, column, axis in CURVES
    ]
    return found + [
        _confusion(name, confusion[confusion.method == name], classes) for name in names
    ]


def _curves(table: pd.DataFrame, names: Sequence[str], column: str, words: str) -> Any:
    """A line for each method; a loss on a scale of its own, as it is another for each."""
    looks = places(names)
    labels = [label(name) for name in names]
    colours = alt.Scale(domain=labels, range=[COLOURS[looks[name][1]] for name in names])
    dashes = alt.Scale(domain=labels, range=[VEGA_DASHES[looks[name][0]] for name in names])
    legend: Any = alt.Legend(title=None, orient="bottom", columns=3, labelColor=INK)
    positive = column == "loss" and bool((table[column] > 0).all())
    scale = alt.Scale(type="log", nice=False) if positive else alt.Scale(zero=False)
    return specification(
        alt.Chart(alt.NamedData("rows"))
        .mark_line(strokeWidth=1.8, point=alt.OverlayMarkDef(size=18))
        .encode(
            alt.X("epoch:Q", title="epoch", axis=alt.Axis(grid=False, tickMinStep=1)),
            alt.Y(
                f"{column}:Q",
                title=words,
                scale=scale,
                axis=alt.Axis(tickCount=5, grid=not positive),
            ),
            alt.Color("method:N", scale=colours, legend=legend),
            alt.StrokeDash("method:N", scale=dashes, legend=legend),
            tooltip=["method:N", "epoch:Q", alt.Tooltip(f"{column}:Q", format=".4~g")],
        )
    )


def _confusion(name: str, table: pd.DataFrame, classes: Sequence[str]) -> dict[str, Any]:
    """How many images of each class were taken for each; what is darker is a larger share of its
    class, by the logarithm, so that single mistakes are seen."""
    wrong = int(table.loc[table.actual != table.predicted, "count"].sum())
    order = [str(one) for one in classes]
    of_class = table.groupby("actual")["count"].transform("sum")
    least = 1 / max(int(of_class.max() if len(table) else 1), 2)
    weight = 1 - np.log(table["count"] / of_class) / np.log(least)
    opacity = FAINTEST + (FULLEST - FAINTEST) * weight.clip(0, 1)
    base = alt.Chart(alt.NamedData("rows")).encode(
        alt.X(
            "predicted:N",
            title="class by 5-NN",
            scale=alt.Scale(domain=order),
            axis=alt.Axis(grid=False, labelAngle=0, labelOverlap=True, labelLimit=60),
        ),
        alt.Y(
            "actual:N",
            title="class",
            scale=alt.Scale(domain=order),
            axis=alt.Axis(grid=False, labelOverlap=True, labelLimit=60),
        ),
        tooltip=["actual:N", "predicted:N", "count:Q"],
    )
    chart: Any = base.mark_rect(color=COLOURS[BLUE]).encode(
        opacity=alt.Opacity("opacity:Q", scale=None)
    )
    if len(order) <= NUMBERED:
        chart = alt.layer(chart, base.mark_text(fontSize=9, color=INK).encode(text="count:Q"))
    return {
        "title": f"{label(name)}: {wrong} of {int(table['count'].sum())} wrong",
        "spec": specification(chart, 300),
        "rows": rows(table.assign(opacity=opacity), ["actual", "predicted", "count", "opacity"]),
    }
