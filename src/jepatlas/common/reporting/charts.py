"""What all charts of the page have in common: Vega-Lite, whose data the page's script puts in.

A chart is `{"title", "spec", "rows"}`, which `placeCharts` of the page's scripts draws.
"""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

DIGITS = 4
INK: Any = {"expr": "ink"}  # the colour of text, a signal that the page sets


def specification(chart: Any, height: int = 220) -> Any:
    """As wide as its place, with the signal `ink`."""
    ink = alt.param(name="ink", value="#1f2430")
    return chart.add_params(ink).properties(width="container", height=height).to_dict(validate=True)


def rows(table: pd.DataFrame, columns: Sequence[str]) -> list[dict[str, Any]]:
    """Some columns of a table, numbers with as many digits as can be seen; what is not a number is
    left out."""
    return [
        {
            key: float(f"{item:.{DIGITS}g}") if isinstance(item, float) else item
            for key, item in row.items()
            if not pd.isna(item)
        }
        for row in table[list(columns)].to_dict("records")
    ]
