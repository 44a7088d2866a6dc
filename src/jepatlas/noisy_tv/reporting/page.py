"""The noisy TV's section of the page: scores and series at every noise scale, and their charts."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from jepatlas.common.base.parameters import section, value
from jepatlas.common.base.storage import read_csv
from jepatlas.common.measuring.measures import Measures
from jepatlas.common.reporting import packing
from jepatlas.common.reporting.cards import cards
from jepatlas.common.reporting.charts import INK, specification
from jepatlas.common.reporting.headlines import Column, headlines, highest_of, lowest_of, one_of
from jepatlas.common.reporting.packing import Arrays
from jepatlas.common.reporting.page import Section, Step, asset, fill, folded, measures, still
from jepatlas.noisy_tv.drawing.looks import RECIPES, looks
from jepatlas.noisy_tv.drawing.motion import DOCUMENT
from jepatlas.noisy_tv.drawing.series import LIMIT, predictions
from jepatlas.noisy_tv.reporting import more
from jepatlas.noisy_tv.reporting.cards import CARDS
from jepatlas.noisy_tv.track import TITLE
from jepatlas.noisy_tv.truth.parameters import Sweep, in_name
from jepatlas.noisy_tv.truth.system import System

DATA, PLOTS = Path("data/noisy_tv"), Path("plots/noisy_tv/tables")
DECIMALS = 4  # decimals of the scores


def page() -> Section:
    """The section, from the files of the current folder."""
    names, scales = list(value("noisy_tv.methods")), section("noisy_tv.sweep", Sweep).scales
    drawn = predictions(DATA, names, section("noisy_tv.system", System).signal)
    r2 = read_csv(PLOTS / "r2.csv", ["recipe", "model", "measure"], ["scale", *more.SUMMARY])
    found = data(names, r2, drawn)
    scripts = [asset(__package__, f"{name}.js") for name in ("more", "noisy_tv")]
    labels = {model["name"]: model["label"] for model in found["models"]}
    table = folded(measures("noisy_tv", labels))
    parts = {
        "headlines": numbers(labels, max(scales), Measures.read("noisy_tv")),
        "cards": cards(labels, CARDS),
        "measures": table,
    }
    html = fill(asset(__package__, "section.html"), parts)
    shown = {**found, "charts": charts(found["models"], scales), "more": beside(found["models"])}
    picture = still(Path("plots/noisy_tv/pictures/r2.png"))
    return Section(TITLE, html, scripts, shown, labels, picture, story(found["models"], scales))


def numbers(names: Mapping[str, str], loudest: float, measured: Measures) -> str:
    """At the loudest noise, and where each model is worst; in words what DVC shows at one scale."""
    columns: dict[str, Column] = {}
    for recipe, title in RECIPES.items():
        words = title[0].lower() + title[1:]
        columns |= {
            f"R² at σ = {loudest:g}, {words}": one_of(measured, f"{recipe}.r2.{in_name(loudest)}"),
            f"least share of the limit, {words}": lowest_of(measured, f"{recipe}.r2_of_limit"),
        }
    columns |= {
        f"90 % intervals hold, σ = {loudest:g}": one_of(
            measured, f"default.coverage_90.{in_name(loudest)}"
        ),
        "greatest regret of control": highest_of(measured, "default.regret"),
    }
    return headlines("Models", names, columns)


def story(names: Sequence[dict[str, Any]], scales: Sequence[float]) -> list[Step]:
    """The step about this track, with the models shown that are shown at first."""
    text = (
        "A signal, and a distractor that is much louder. What predicts what it sees must follow "
        "the noise; what predicts in a latent need not. The dotted line is the best that can be "
        "known. Compare the two recipes: how a model is trained decides more than what it is asked."
    )
    shown = ".".join(model["name"] for model in names if model["shown"])
    return [Step("The noisy TV", text, "recipes", f"sigma={max(scales):g}&models={shown}")]


def models(methods: Sequence[str]) -> list[dict[str, Any]]:
    """The models in the order of params.yaml, after the limit; a colour for each."""
    limit = {"name": LIMIT, "label": "Kalman filter (the limit)", "colour": None, "shown": True}
    first = [name for name in DOCUMENT if name in methods] or methods
    return [limit] + [
        {
            "name": name,
            "label": look["label"],
            "colour": look["color"],
            "dashed": look["linestyle"] != "-",
            "shown": name in first,
        }
        for name, look in looks(methods).items()
    ]


def data(methods: Sequence[str], table: pd.DataFrame, drawn: Arrays) -> dict[str, Any]:
    """Scores of both recipes, and the series of the first seed.

    table: plots/noisy_tv/tables/r2.csv; drawn: of `predictions`, arrays `[scales, steps, signal]`.
    """
    known = [*methods, LIMIT]
    rows = table[(table.measure == "r2") & table.model.isin(known)]
    recipes = {}
    for recipe, title in RECIPES.items():
        shown = {name: drawn[f"{recipe}/{name}"] for name in ("true", *known)}
        recipes[recipe] = {
            "title": title,
            "scales": drawn[f"{recipe}/scales"].tolist(),
            "steps": shown["true"].shape[1],
            "series": {name: packing.stepped(array[..., :2]) for name, array in shown.items()},
        }
    columns = ["recipe", "model", "scale", *more.SUMMARY]
    scores = [
        {
            key: round(item, DECIMALS) if isinstance(item, float) else item
            for key, item in row.items()
        }
        for row in rows[columns].to_dict("records")
    ]
    return {"models": models(methods), "recipes": recipes, "scores": scores}


# Charts: Vega-Lite, with their data put in and their marks chosen by the page's script


def charts(names: Sequence[dict[str, Any]], scales: Sequence[float]) -> dict[str, Any]:
    """Both charts, which either recipe has; names: of `models`; scales: the noise scales."""
    return {"scores": _scores(names, scales), "series": _series(names)}


def beside(names: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The charts of `more.py`, of the models in `names` and no others."""
    known = [model["name"] for model in names]
    tables = {}
    for name, (texts, numbers) in more.TABLES.items():
        table = read_csv(PLOTS / f"{name}.csv", texts, [*numbers, *more.SUMMARY])
        tables[name] = table[table.model.isin(known)]
    return more.charts(tables, more.Look(_colour(names), _dash(names)))


def _colour(names: Sequence[dict[str, Any]]) -> Any:
    """Of each model; the limit and the truth take the colour of text, which the theme sets."""
    domain = ["true", *(model["name"] for model in names)]
    colours = [INK, *(model["colour"] or INK for model in names)]
    scale = alt.Scale(domain=domain, range=colours)
    return alt.Color("model:N", scale=scale, legend=None)


def _dash(names: Sequence[dict[str, Any]]) -> Any:
    domain = ["true", *(model["name"] for model in names)]
    dashes = [
        [1, 0],
        *([2, 2] if m["name"] == LIMIT else [6, 3] if m["dashed"] else [1, 0] for m in names),
    ]
    return alt.StrokeDash("model:N", scale=alt.Scale(domain=domain, range=dashes), legend=None)


def _scores(names: Sequence[dict[str, Any]], scales: Sequence[float]) -> Any:
    """R^2 against the noise scale for one recipe, with a rule at the scale of the slider."""
    axis = alt.Axis(grid=False, values=list(scales), labelExpr="'' + datum.value")
    x = alt.X("scale:Q", title="noise scale σ", axis=axis)
    base = alt.Chart(alt.NamedData("scores")).encode(x, _colour(names))
    r2 = alt.Y("mean:Q", title="R²", scale=alt.Scale(domain=[-0.05, 1.02], nice=False, clamp=True))
    band = base.mark_area(opacity=0.16, clip=True).encode(y=alt.Y("min:Q", title="R²"), y2="max:Q")
    line = base.mark_line(strokeWidth=1.8, clip=True).encode(r2, _dash(names))
    dots = base.mark_point(size=40, filled=True, opacity=1, clip=True).encode(
        r2,
        tooltip=[
            alt.Tooltip("label:N", title="model"),
            alt.Tooltip("scale:Q", title="σ"),
            alt.Tooltip("mean:Q", title="R², mean", format=".3f"),
            alt.Tooltip("min:Q", title="lowest seed", format=".3f"),
            alt.Tooltip("max:Q", title="highest seed", format=".3f"),
        ],
    )
    here = (
        alt.Chart(alt.NamedData("here"))
        .mark_rule(strokeWidth=1.5, opacity=0.7, color=INK)
        .encode(alt.X("scale:Q"))
    )
    return specification(alt.layer(band, here, line, dots), 220)


def _series(names: Sequence[dict[str, Any]]) -> Any:
    """s_0 over time for one recipe: the truth, and one line per chosen model."""
    line = (
        alt.Chart(alt.NamedData("series"))
        .mark_line(clip=True)
        .encode(
            alt.X("step:Q", title="step of the test part", axis=alt.Axis(grid=False)),
            alt.Y("value:Q", title="s₀", axis=alt.Axis(tickCount=5)),
            _colour(names),
            _dash(names),
            strokeWidth=alt.condition("datum.model == 'true'", alt.value(2.6), alt.value(1.3)),
        )
    )
    return specification(line, 150)
