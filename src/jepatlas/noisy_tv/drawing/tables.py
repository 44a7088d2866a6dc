"""The tables of plot data, out of the rows that models and references have written."""

import numpy as np
import pandas as pd

from jepatlas.noisy_tv.drawing.looks import RECIPES

INTERVAL = ("ci95", "low", "high")
TEXTS = ("table", "recipe", "model", "measure")  # columns that rows have always
NUMBERS = ("scale", "memory", "mean", "min", "max", *INTERVAL)
OF_SOME = ("horizon", "level", "expert")  # what else rows of one table or another have
NAMES = ("r2", "rollout", "coverage", "nll", "transfer", "control")


def tables(rows: pd.DataFrame, memory: float, failure_scale: float) -> dict[str, pd.DataFrame]:
    """The rows by table, each with the columns that it has values in.

    `failure` has what `r2` has at the failure scale and every memory of the distractor; all others
    are at the system's own memory. Rows come from files, with fewer digits than parameters may
    have. `partially_observed` has what `r2` has, in these other systems.
    """
    rows = rows.reindex(columns=list(dict.fromkeys([*rows, *OF_SOME])))
    other = rows[~rows.recipe.isin(list(RECIPES)) & (rows["table"] == "r2")]
    columns = ["table", "memory"]
    found = {
        "partially_observed": _with_values(other.drop(columns=columns)).rename(
            columns={"recipe": "system"}
        )
    }
    rows = rows[rows.recipe.isin(list(RECIPES))]
    for name in NAMES:
        whole = rows[rows["table"] == name].drop(columns="table")
        if name == "r2":
            failure = whole[np.isclose(whole["scale"], failure_scale)].drop(columns="scale")
            found["failure"] = _with_values(failure)
        own = whole[np.isclose(whole["memory"], memory)].drop(columns="memory")
        found[name] = _with_values(own)
    return found


def _with_values(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns that have values, and those of the interval, which one seed leaves unknown; all
    of them where there are no rows, so that a table stays one that can be read when no method has
    any."""
    if rows.empty:
        return rows
    found = rows.notna() & (rows != "")
    return rows[[name for name in rows if name in INTERVAL or found[name].any()]]
