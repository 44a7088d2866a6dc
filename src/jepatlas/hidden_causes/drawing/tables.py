"""The tables of plot data, out of the measures: R^2 against alpha and n, the bound by seed."""

import pandas as pd

from jepatlas.common.measuring.measures import Measure

BOUND = {"texts": ("method", "world"), "numbers": ("seed", "error", "bound")}  # columns by kind
SWEEPS = {"shapes": "alpha", "dimensions": "n"}  # blocks of worlds: what varies in them


def sweep(measured: pd.DataFrame, block: str) -> pd.DataFrame:
    """R^2 in each world of a sweep: method, its parameter, and the summary over the seeds with the
    ends of the interval, `low` and `high`."""
    parts = measured["measure"].str.split(".", expand=True)
    rows = measured[(parts[0] == block) & (parts[2] == "r2")].copy()
    values = parts.loc[rows.index, 1].str.replace("_", ".").astype(float)
    rows.insert(1, SWEEPS[block], values)
    summary = rows[["method", SWEEPS[block], *Measure._fields]]
    spread = rows["ci95"].fillna(0)
    return summary.assign(low=rows["mean"] - spread, high=rows["mean"] + spread)


def bounds(rows: pd.DataFrame) -> pd.DataFrame:
    """Error and bound of each seed in each world that has one."""
    return rows[[name for names in BOUND.values() for name in names]].dropna()
