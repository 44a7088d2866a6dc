"""Pictures of R^2 and coverage: by noise scale, horizon, level and memory."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from jepatlas.common.drawing.looks import label
from jepatlas.common.drawing.style import ALARM, FAINT, figure, head, place
from jepatlas.noisy_tv.drawing.looks import RECIPES, draw_lines
from jepatlas.noisy_tv.drawing.panels import draw_one, pages

WORST = 2.0  # of 1 - R^2: 1 is no better than the mean


def accuracy(table: pd.DataFrame, names: Sequence[str]) -> Figure:
    """1 - R^2 against the noise scale for both recipes, a panel per model."""
    rows = unexplained(table[table.measure == "r2"])
    page, panels = pages(
        names,
        list(RECIPES),
        "$1 - R^2$ of $s[t+1]$",
        "Who recovers the signal?",
        "$1 - R^2$ of the next state of the signal, read from the latent, against the noise scale; "
        "up is better.",
        "Ranges as published: lowest to highest seed; of the default recipe: 95 % intervals over "
        "seeds. Grey: the other models.",
        "Dotted: Kalman filter with the true parameters. Thin, lowest: chance, another run's "
        "signal.",
    )
    for (recipe, name), axes in panels.items():
        own = rows[rows.recipe == recipe]
        axes.set_yscale("log")
        draw_one(axes, own, "scale", name, names, ("kalman", "chance"))
        axes.set(ylim=_frame(own), xticks=[0, 5, 10])
        _shares(axes)
        if panels.bottom(recipe, name):
            axes.set_xlabel("noise scale $\\sigma$")
    return page


def partially_observed(table: pd.DataFrame, names: Sequence[str]) -> Figure:
    """1 - R^2 against the noise scale in each system where one frame does not show the state."""
    page = figure(8.6, 4.4)
    head(
        page,
        "When one frame is not enough",
        "$1 - R^2$ of the next state of the signal against the noise scale, by the default recipe; "
        "up is better.",
        "A window has as many frames as the observations ask for.",
        "Bands: 95 % intervals over seeds. Dotted: Kalman filter. Dashed: CCA of one frame.",
    )
    rows = unexplained(table[table.measure == "r2"])
    systems = list(rows.system.unique())
    for number, system in enumerate(systems):
        axes = place(page, 0.6 + 6.6 * number / len(systems), 1.65, 6.2 / len(systems) - 0.1, 2.3)
        axes.set_yscale("log")
        close = _at_limit(table[table.system == system], 0.97)
        draw_lines(axes, rows[rows.system == system], "scale", "default", names, 0.05)
        axes.set(
            title=f"{label(system)}\n{close}", xlabel="noise scale $\\sigma$", ylim=_frame(rows)
        )
        _shares(axes)
    page.axes[0].set_ylabel("$1 - R^2$ of $s[t+1]$")
    page.axes[-1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def rollouts(table: pd.DataFrame, scale: float, names: Sequence[str]) -> Figure:
    """1 - R^2 against the horizon, at one noise scale, for both recipes, a panel per model."""
    rows = unexplained(table[np.isclose(table["scale"], scale)])
    shown = [name for name in names if (rows.model == name).any()]
    page, panels = pages(
        shown,
        list(RECIPES),
        "$1 - R^2$ of $s$",
        "Many steps ahead",
        "$1 - R^2$ of the signal when the predictor is iterated, against the steps ahead, "
        f"$\\sigma = {scale:g}$; up is better.",
        "The read-out is fitted one step ahead, in training. Grey: the other models. "
        "Dotted: the filter, open loop. Dashed: the mean, $R^2 = 0$.",
        "Ranges as published: lowest to highest seed; default: 95 % intervals. "
        f"What is worse than {WORST} lies on the lower edge.",
    )
    horizons = sorted(rows.horizon.unique())
    ticks = sorted({horizons[0], horizons[len(horizons) // 2], horizons[-1]})
    for (recipe, name), axes in panels.items():
        axes.set(xscale="log", yscale="log")
        axes.axhline(1, color=FAINT, linestyle="--", linewidth=0.7)
        own = rows[rows.recipe == recipe].sort_values("horizon")
        draw_one(axes, own, "horizon", name, shown, ("kalman",))
        axes.set(ylim=_frame(rows))
        _shares(axes)
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        if panels.bottom(recipe, name):
            axes.set_xlabel("steps ahead")
    return page


def calibration(table: pd.DataFrame, scale: float, names: Sequence[str]) -> Figure:
    """Covered share against the nominal level, less that level, a panel per model."""
    rows = table[np.isclose(table["scale"], scale)]
    columns = ("mean", "low", "high", "min", "max")
    rows = rows.assign(**{column: rows[column] - rows.level for column in columns})
    shown = [name for name in names if (rows.model == name).any()]
    page, panels = pages(
        shown,
        list(RECIPES),
        "covered share - level",
        "Calibration",
        f"How much more of $s[t+1]$ the central intervals cover than they promise, "
        f"$\\sigma = {scale:g}$, against the nominal level.",
        "Ranges as published: lowest to highest seed; of the default recipe: 95 % intervals over "
        "seeds.",
        "Dotted: Kalman filter. Above the line: too wide; below: too sure. Mind the two scales.",
    )
    for (recipe, name), axes in panels.items():
        own = rows[rows.recipe == recipe]
        axes.axhline(0, color=FAINT, linewidth=0.6)
        draw_one(axes, own, "level", name, shown, ("kalman",))
        low, high = own[["min", "low"]].min(axis=None), own[["max", "high"]].max(axis=None)
        margin = 0.08 * (high - low)
        axes.set(
            xlim=(0, 1), ylim=(min(low, 0) - margin, max(high, 0) + margin), xticks=[0, 0.5, 1]
        )
        if panels.bottom(recipe, name):
            axes.set_xlabel("nominal level")
    return page


def failure(
    table: pd.DataFrame, scale: float, contraction: float, rotation: float, names: Sequence[str]
) -> Figure:
    """R^2 against the distractor's memory, beside what canonical correlations foretell."""
    rows = table[(table.recipe == "default") & (table.measure == "r2")].sort_values("memory")
    # Towards a memory of 1 everything happens in the last hundredths.
    rows = clipped(rows.assign(forgetting=1 - rows.memory))
    page, panels = pages(
        names,
        ["default"],
        "$R^2$ of $s[t+1]$",
        "When it fails",
        f"$R^2$ of the signal against the memory of the distractor, $\\sigma = {scale:g}$, "
        "default recipe. Bands: 95 % intervals, within 0 and 1.",
        "Red, dashed: the distractor's canonical correlations reach the signal's, and the optimum "
        "changes sides. Dash-dotted: they reach",
        "those of one direction of a rotating plane, where models without latents to spare begin "
        "to be caught. Dotted: Kalman filter. Grey: the others.",
    )
    ticks = sorted({1 - rows.memory.min(), 1 - contraction, 1 - rows.memory.max()})
    for (_, name), axes in panels.items():
        axes.set_xscale("log")
        draw_one(axes, rows, "forgetting", name, names, ("kalman",))
        axes.axvline(1 - contraction, color=ALARM, linestyle="--", linewidth=1)
        axes.axvline(1 - contraction * np.cos(rotation), color=ALARM, linestyle="-.", linewidth=0.8)
        axes.set(ylim=(-0.03, 1.03))
        axes.invert_xaxis()
        axes.set_xticks(ticks, [f"{1 - tick:g}" for tick in ticks])
        axes.minorticks_off()
        if panels.bottom("default", name):
            axes.set_xlabel("memory")
    return page


def unexplained(rows: pd.DataFrame) -> pd.DataFrame:
    """1 - R^2 in place of R^2; what was least is greatest. No more than `WORST`."""
    turned = {"mean": "mean", "low": "high", "high": "low", "min": "max", "max": "min"}
    return rows.assign(**{new: (1 - rows[old]).clip(1e-4, WORST) for new, old in turned.items()})


def clipped(rows: pd.DataFrame) -> pd.DataFrame:
    """Intervals within what R^2 can be: those of few seeds reach beyond."""
    return rows.assign(low=rows.low.clip(lower=0), high=rows.high.clip(upper=1))


def _shares(axes: Axes) -> None:
    """Ticks of 1 - R^2, the least on top."""
    bottom, top = axes.get_ylim()
    ticks = [tick for tick in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2) if bottom <= tick <= top]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.invert_yaxis()


def _frame(rows: pd.DataFrame) -> tuple[float, float]:
    """The limits of 1 - R^2 that show every mean."""
    return 0.8 * rows["mean"].min(), 1.1 * max(rows["mean"].max(), 1)


def _at_limit(rows: pd.DataFrame, share: float) -> str:
    """In words, which lines lie on the limit's, or above a share of it: the eye cannot tell."""
    worst = rows[rows.measure == "r2_of_limit"].groupby("model")["min"].min()
    close = worst[worst > share]
    if close.empty:
        return ""
    return (
        f"{len(close)} of {len(worst)} models: at least\n{close.min():.4f} of the limit, every seed"
    )
