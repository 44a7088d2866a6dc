"""Charts beside the scores: many steps ahead, calibration, memory of the distractor, transfer."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from jepatlas.common.drawing.looks import BLUE, COLOURS
from jepatlas.common.reporting.charts import INK, rows, specification
from jepatlas.noisy_tv.drawing.looks import RECIPES

SUMMARY = ("mean", "min", "max")  # columns of tables that charts show
COLUMNS = ("model", *SUMMARY)
TABLES = {  # table: its columns of texts, and of numbers beside the summary
    "rollout": (("recipe", "model"), ("scale", "horizon")),
    "coverage": (("recipe", "model"), ("scale", "level")),
    "failure": (("recipe", "model", "measure"), ("memory",)),
    "transfer": (("recipe", "model", "measure", "expert"), ("scale",)),
}
CURVES = (  # table, words, x, its title, y, whether x is logarithmic
    ("rollout", "Many steps ahead", "horizon", "steps ahead", "R²", True),
    ("coverage", "Calibration", "level", "level of the interval", "share of s within", False),
)
ERRORS = {"error_before": "before", "error": "told", "error_exact": "the best that can be"}
ERROR_COLOURS = {"before": "#808080", "told": COLOURS[BLUE], "the best that can be": INK}


class Look(NamedTuple):
    """Encodings that tell the models apart, of areas and of lines."""

    colour: Any
    dash: Any


def charts(tables: Mapping[str, pd.DataFrame], look: Look) -> list[dict[str, Any]]:
    """Title, specification and rows of each chart, and what of a row `follows` the page: only rows
    of the noise scale, or of the models, that are chosen there are drawn.

    tables: of plots/noisy_tv/tables, those of `TABLES`.
    """
    found = []
    for table, words, x, title, y, log in CURVES:
        for recipe, name in RECIPES.items():
            own = tables[table][tables[table].recipe == recipe]
            spec = lines(look, own, x, title, y, log=log)
            kept = rows(own, [*COLUMNS, x, "scale"])
            follows = ["model", "scale"]
            found.append(
                {"title": f"{words}. {name}", "spec": spec, "rows": kept, "follows": follows}
            )
    return [*found, failure(tables["failure"], look), *transfers(tables["transfer"])]


def failure(table: pd.DataFrame, look: Look) -> dict[str, Any]:
    """R^2 against what the distractor forgets, by the default recipe."""
    own = table[(table.recipe == "default") & (table.measure == "r2")]
    own = own.assign(forgetting=1 - own.memory)
    title = "what the distractor forgets in a step"
    spec = lines(look, own, "forgetting", title, "R²", log=True)
    kept = rows(own, [*COLUMNS, "forgetting"])
    return {"title": "When it fails", "spec": spec, "rows": kept, "follows": ["model"]}


def lines(look: Look, table: pd.DataFrame, x: str, title: str, y: str, *, log: bool) -> Any:
    """A line for each model, with a band from the lowest to the highest seed; the axes stay where
    they are whatever is chosen."""
    ends = [float(table[x].min()), float(table[x].max())]
    scale = alt.Scale(type="log" if log else "linear", domain=ends, nice=False)
    within = alt.Scale(domain=[-0.05, 1.02], nice=False, clamp=True)
    base = alt.Chart(alt.NamedData("rows")).encode(
        look.colour,
        alt.X(f"{x}:Q", title=title, scale=scale, axis=alt.Axis(grid=False, tickCount=5)),
    )
    band = base.mark_area(opacity=0.16, clip=True).encode(alt.Y("min:Q", title=y), y2="max:Q")
    line = base.mark_line(strokeWidth=1.8, clip=True, point=alt.OverlayMarkDef(size=24)).encode(
        look.dash,
        alt.Y("mean:Q", title=y, scale=within),
        tooltip=["model:N", f"{x}:Q", *(alt.Tooltip(f"{k}:Q", format=".3f") for k in SUMMARY)],
    )
    return specification(alt.layer(band, line), 190)


def transfers(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The error before an expert says something, after it, and of who knows all, for each of the
    experts, against the noise scale; nothing where no method exchanges experts."""
    if table.empty:
        return []
    colours = alt.Scale(domain=list(ERROR_COLOURS), range=list(ERROR_COLOURS.values()))
    legend: Any = alt.Legend(title=None, orient="bottom", labelColor=INK)
    kept = table[(table.recipe == "default") & table.measure.isin(ERRORS)]
    kept = kept.assign(which=kept.measure.map(ERRORS))
    spec = specification(
        alt.Chart(alt.NamedData("rows"))
        .mark_line(strokeWidth=1.8, point=alt.OverlayMarkDef(size=24))
        .encode(
            alt.X("scale:Q", title="noise scale σ", axis=alt.Axis(grid=False)),
            alt.Y("mean:Q", title="error", scale=alt.Scale(zero=False)),
            alt.Color("which:N", scale=colours, legend=legend),
            alt.Detail("model:N"),
            tooltip=["model:N", "which:N", "scale:Q", alt.Tooltip("mean:Q", format=".3f")],
        ),
        190,
    )
    return [
        {
            "title": f"Transfer: told of the {expert}",
            "spec": spec,
            "rows": rows(own, [*COLUMNS, "which", "scale"]),
            "follows": [],
        }
        for expert, own in kept.groupby("expert", sort=False)
    ]
