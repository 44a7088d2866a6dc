"""What `dvc plots` draws: curves over the training, a row for each recorded step of each recipe."""

from collections.abc import Sequence

import pandas as pd

from jepatlas.common.measuring.statistics import summary
from jepatlas.mixture.drawing.sheet import Entry


def training(entries: Sequence[Entry]) -> pd.DataFrame:
    """The loss of each method: mean over members, and the ends of its 95 % interval."""
    rows = []
    for entry in entries:
        steps, losses = entry.arrays["steps"], entry.arrays["losses"]  # [records, members]
        for step, members in zip(steps, losses, strict=True):
            loss = summary(members)
            mean, half_width = loss["mean"], loss["ci95"]
            ends = mean - half_width, mean + half_width
            rows.append((entry.name, entry.recipe, int(step), mean, *ends))
    return pd.DataFrame(rows, columns=["method", "recipe", "step", "loss", "low", "high"])


def collapse(entries: Sequence[Entry]) -> pd.DataFrame:
    """Spread and effective rank of each embedding, means over members."""
    rows = []
    for entry in entries:
        if "spread" not in entry.arrays:
            continue
        names = ("snapshot_steps", "spread", "effective_rank")
        for step, spread, rank in zip(*(entry.arrays[name] for name in names), strict=True):
            rows.append((entry.name, entry.recipe, int(step), spread.mean(), rank.mean()))
    return pd.DataFrame(rows, columns=["method", "recipe", "step", "spread", "effective_rank"])
