"""Masked prediction: what one coordinate tells of the other, exactly and as it was learned."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from jepatlas.common.drawing.looks import BLUE, COLOURS, RED
from jepatlas.common.measuring.measures import Measures
from jepatlas.common.reporting.charts import INK, rows, specification
from jepatlas.common.reporting.packing import Array, Arrays
from jepatlas.mixture.reporting.tables import COORDINATES
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import Landscape

DOTS = 300  # of the points held out
FINE = 120  # places along the coordinate that is seen
RECIPES = {"as_published": "as published", "default": "default recipe"}


def masked(
    worlds: Mapping[str, Arrays], labels: Mapping[str, str], measured: Measures, plane: Landscape
) -> list[dict[str, Any]]:
    """Title, specification and rows of the charts of each method that predicts what is masked;
    none where there is no such method, or where points have not two coordinates.

    worlds: by method, the points of its mixture; labels: what methods are called.
    """
    found: list[dict[str, Any]] = []
    for name, label in labels.items():
        if not measured.has(name, "default.masked.of_exact"):
            continue
        points = worlds[name]
        mixture = Mixture(points["weights"], points["means"], points["covariances"])
        if mixture.dimension == 2:
            found += [
                conditional(mixture, points["test"][0], hidden, plane, label) for hidden in (0, 1)
            ]
        found.append(explained(name, label, measured))
    return found


def conditional(
    mixture: Mixture, points: Array, hidden: int, plane: Landscape, label: str
) -> dict[str, Any]:
    """Points, and over them the exact mean of the coordinate `hidden` given the other one, with
    what is open: a standard deviation to each side."""
    seen = 1 - hidden
    names = list(COORDINATES.values())
    ends = (plane.x, plane.y)[seen]
    places = np.zeros((FINE, 2))
    places[:, seen] = np.linspace(*ends, FINE)
    mean, variance = mixture.conditional_moments(places, hidden)
    curve = pd.DataFrame({"seen": places[:, seen], "masked": mean, "kind": "exact mean"})
    curve = curve.assign(low=mean - np.sqrt(variance), high=mean + np.sqrt(variance))
    dots = pd.DataFrame({"seen": points[:DOTS, seen], "masked": points[:DOTS, hidden]})
    table = pd.concat([curve, dots.assign(kind="point")], ignore_index=True)
    base = alt.Chart(alt.NamedData("rows")).encode(
        alt.X(
            "seen:Q",
            title=f"{names[seen]}, seen",
            scale=alt.Scale(domain=list(ends), nice=False),
            axis=alt.Axis(grid=False, tickCount=5),
        )
    )
    within = alt.Scale(domain=list((plane.x, plane.y)[hidden]), nice=False)
    title = f"{names[hidden]}, masked"
    y = alt.Y("masked:Q", title=title, scale=within, axis=alt.Axis(tickCount=5))
    exact = base.transform_filter("datum.kind == 'exact mean'")
    band = exact.mark_area(opacity=0.16, clip=True, color=COLOURS[BLUE]).encode(
        alt.Y("low:Q", title=title, scale=within), y2="high:Q"
    )
    line = exact.mark_line(strokeWidth=2, clip=True, color=COLOURS[BLUE]).encode(y)
    cloud = (
        base.transform_filter("datum.kind == 'point'")
        .mark_circle(size=12, opacity=0.5, clip=True, color=INK)
        .encode(y)
    )
    return {
        "title": f"{label}: {names[hidden]} from {names[seen]}, as well as it can be known",
        "spec": specification(alt.layer(cloud, band, line)),
        "rows": rows(table, ["kind", "seen", "masked", "low", "high"]),
    }


def explained(name: str, label: str, measured: Measures) -> dict[str, Any]:
    """R^2 of each masked coordinate as read from the prediction, a point for each member, beside
    that of the exact conditional mean."""
    found = []
    for recipe, words in RECIPES.items():
        for coordinate in measured.below(name, f"{recipe}.masked.r2"):
            one = measured.get(name, f"{recipe}.masked.r2.{coordinate}")
            exact = measured.get(name, f"{recipe}.masked.exact_r2.{coordinate}").mean
            what = f"{COORDINATES[coordinate]}, {words}"
            found += [
                {"of": what, "by": "prediction", "r2": r2} for r2 in one.members or [one.mean]
            ]
            found.append({"of": what, "by": "exact mean", "r2": exact})
    kinds = ["prediction", "exact mean"]
    colours = alt.Scale(domain=kinds, range=[COLOURS[RED], COLOURS[BLUE]])
    shapes = alt.Scale(domain=kinds, range=["circle", "diamond"])
    legend: Any = alt.Legend(title=None, orient="bottom", labelColor=INK)
    return {
        "title": f"{label}: how much of it the prediction knows",
        "spec": specification(
            alt.Chart(alt.NamedData("rows"))
            .mark_point(filled=True, size=55, opacity=0.75)
            .encode(
                alt.X("r2:Q", title="R²", scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5)),
                alt.Y("of:N", title=None, sort=None, axis=alt.Axis(labelLimit=200)),
                alt.Color("by:N", scale=colours, legend=legend),
                alt.Shape("by:N", scale=shapes, legend=legend),
                tooltip=["of:N", "by:N", alt.Tooltip("r2:Q", format=".4f")],
            )
        ),
        "rows": rows(pd.DataFrame(found), ["of", "by", "r2"]),
    }
