"""The tables of plot data, out of the rows that models and references have written."""

import pandas as pd

from jepatlas.noisy_tv.drawing.looks import RECIPES

NAMES = ("r2", "rollout", "coverage", "nll", "transfer")


def tables(rows: pd.DataFrame, memory: float, failure_scale: float) -> dict[str, pd.DataFrame]:
    """The rows by table, each with the columns that it has values in.

    `failure` has what `r2` has at the failure scale and every memory of the distractor; all others
    are at the system's own memory. `partially_observed` has what `r2` has, in these other systems.
    """
    other = rows[~rows.recipe.isin(list(RECIPES)) & (rows["table"] == "r2")]
    columns = ["table", "memory"]
    found = {
        "partially_observed": other.drop(columns=columns)
        .dropna(axis=1, how="all")
        .rename(columns={"recipe": "system"})
    }
    rows = rows[rows.recipe.isin(list(RECIPES))]
    for name in NAMES:
        whole = rows[rows["table"] == name].drop(columns="table").dropna(axis=1, how="all")
        if name == "r2":
            found["failure"] = whole[whole["scale"] == failure_scale].drop(columns="scale")
        found[name] = whole[whole["memory"] == memory].drop(columns="memory")
    return found
