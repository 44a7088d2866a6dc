"""The picture of what an exchanged prior expert gives."""

import pandas as pd
from matplotlib.figure import Figure

from jepatlas.common.drawing.style import FAINT, figure, head, place
from jepatlas.noisy_tv.drawing.looks import LIMIT, label

EXPERTS = {
    "sensor": "sensor: a reading of $s_0$",
    "goal": "goal: a region of the last plane",
    "amplitude": "amplitude: $|(s_0, s_1)|$ known",
}


def transfer(table: pd.DataFrame, name: str, colour: str) -> Figure:
    """Error and likelihood of a model's belief before and after the product; exact fusion."""
    page = figure(8.4, 5.4)
    head(
        page,
        "Zero-shot transfer",
        f"{label(name)}'s belief about $s[t+1]$ before and after its prior expert is exchanged.",
        "Means over seeds. Dotted: exact Bayesian fusion of the Kalman filter's prediction "
        "with the same expert.",
    )
    rows = table[(table.recipe == "default") & (table.model == name)]
    measures = {"error": "RMSE of the mean", "nll": "$-\\log p$, nats per dimension"}
    looks = {
        "_before": {"color": FAINT, "label": "before"},
        "": {"color": colour, "label": "after"},
        "_exact": {**LIMIT, "label": "exact fusion"},
    }
    for column, expert in enumerate(rows.expert.unique()):
        for line, (measure, words) in enumerate(measures.items()):
            axes = place(page, 0.65 + 2.35 * column, 1.1 + 2.1 * line, 2.0, 1.6)
            for suffix, look in looks.items():
                chosen = rows[(rows.expert == expert) & (rows.measure == measure + suffix)]
                axes.plot(chosen["scale"], chosen["mean"], **look)
            values = rows[rows.measure.isin([measure + suffix for suffix in looks])]["mean"]
            margin = 0.06 * (values.max() - values.min())
            axes.set_ylim(values.min() - margin, values.max() + margin)  # the same in a row
            if column > 0:
                axes.tick_params(labelleft=False)
            if line == 0:
                axes.set_title(EXPERTS[expert])
            else:
                axes.set_xlabel("noise scale $\\sigma$")
            if column == 0:
                axes.set_ylabel(words)
    page.axes[-1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page
