"""Pictures of R^2 and coverage, a line per model: by noise scale, horizon, level and memory."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from jepatlas.common.drawing.style import ALARM, FAINT, figure, head, place
from jepatlas.noisy_tv.drawing.looks import RECIPES, draw_lines, label


def accuracy(table: pd.DataFrame, names: Sequence[str]) -> Figure:
    """R^2 against the noise scale for both recipes, with what the seeds leave open."""
    page = figure(8.6, 4.1)
    head(
        page,
        "Who recovers the signal?",
        "$R^2$ of the next state of the signal, read from the latent, against the noise scale.",
        "Bars: lowest to highest seed. Bands: 95 % intervals over seeds. "
        "Dotted: Kalman filter with the true parameters.",
        "Chance: the signal of another run of the same system in place of a latent.",
    )
    rows = table[table.measure == "r2"]
    for number, (recipe, title) in enumerate(RECIPES.items()):
        axes = place(page, 0.6 + 3.5 * number, 1.35, 3.1, 2.3)
        draw_lines(
            axes,
            rows[(rows.recipe == recipe) & (rows.model != "cca")],
            "scale",
            recipe,
            names,
            0.05,
        )
        principal = rows[(rows.recipe == recipe) & rows.model.isin(["pca_first", "pca_next"])]
        for _, model in principal.groupby("model"):
            axes.plot(model["scale"], model["mean"], color=FAINT, linewidth=0.7, linestyle="-.")
        axes.plot([], [], color=FAINT, linewidth=0.7, linestyle="-.", label="PCA 1-4, 5-8")
        axes.set(title=title, xlabel="noise scale $\\sigma$", ylim=_frame(rows))
        axes.text(
            0.97,
            0.5,
            _at_limit(table[table.recipe == recipe], 0.99),
            color=FAINT,
            fontsize=7,
            ha="right",
            transform=axes.transAxes,
        )
    page.axes[0].set_ylabel("$R^2$ of $s[t+1]$")
    page.axes[1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def partially_observed(table: pd.DataFrame, names: Sequence[str]) -> Figure:
    """R^2 against the noise scale in each system where one frame does not show the state."""
    page = figure(8.6, 4.1)
    head(
        page,
        "When one frame is not enough",
        "$R^2$ of the next state of the signal against the noise scale, by the default recipe.",
        "A window has as many frames as the observations ask for.",
        "Bands: 95 % intervals over seeds. Dotted: Kalman filter. Dashed: CCA of one frame.",
    )
    rows = table[table.measure == "r2"]
    systems = list(rows.system.unique())
    for number, system in enumerate(systems):
        axes = place(page, 0.6 + 6.6 * number / len(systems), 1.35, 6.2 / len(systems) - 0.1, 2.3)
        draw_lines(axes, rows[rows.system == system], "scale", "default", names, 0.05)
        axes.set(title=label(system), xlabel="noise scale $\\sigma$", ylim=_frame(rows))
        close = _at_limit(table[table.system == system], 0.97)
        axes.text(0.97, 0.2, close, color=FAINT, fontsize=7, ha="right", transform=axes.transAxes)
    page.axes[0].set_ylabel("$R^2$ of $s[t+1]$")
    page.axes[-1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def rollouts(table: pd.DataFrame, scale: float, names: Sequence[str]) -> Figure:
    """R^2 against the horizon, at one noise scale, for both recipes."""
    page = figure(8.6, 4.1)
    head(
        page,
        "Many steps ahead",
        f"$R^2$ of the signal when the predictor is iterated, at $\\sigma = {scale:g}$.",
        "The read-out is fitted one step ahead, in training. Bars: lowest to highest seed. "
        "Bands: 95 % intervals.",
        "Dotted: the filter, open loop. A line that leaves the frame diverges.",
    )
    rows = table[table["scale"] == scale]
    for number, (recipe, title) in enumerate(RECIPES.items()):
        axes = place(page, 0.6 + 3.5 * number, 1.35, 3.1, 2.3)
        axes.set_xscale("log")
        draw_lines(axes, rows[rows.recipe == recipe], "horizon", recipe, names, 0.03)
        axes.set(title=title, xlabel="steps ahead", ylim=(-0.25, 1.03))
        ticks = sorted(rows.horizon.unique())
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
    page.axes[0].set_ylabel("$R^2$ of $s$")
    page.axes[1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def calibration(table: pd.DataFrame, scale: float, names: Sequence[str]) -> Figure:
    """Covered share against the nominal level, less that level, for both recipes."""
    page = figure(8.0, 3.7)
    head(
        page,
        "Calibration",
        f"How much more of $s[t+1]$ the central intervals cover than they promise, "
        f"$\\sigma = {scale:g}$.",
        "Bars: lowest to highest seed. Bands: 95 % intervals over seeds. Mind the two scales.",
    )
    rows = table[table["scale"] == scale]
    for number, (recipe, title) in enumerate(RECIPES.items()):
        axes = place(page, 0.65 + 3.4 * number, 1.1, 2.8, 2.1)
        axes.axhline(0, color=FAINT, linewidth=0.6)
        own = rows[rows.recipe == recipe]
        columns = ("mean", "low", "high", "min", "max")
        draw_lines(
            axes,
            own.assign(**{c: own[c] - own.level for c in columns}),
            "level",
            recipe,
            names,
            0.01,
        )
        axes.set(title=title, xlabel="nominal level", xlim=(0, 1))
    page.axes[0].set_ylabel("covered share - nominal level")
    page.axes[1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def failure(
    table: pd.DataFrame, scale: float, contraction: float, rotation: float, names: Sequence[str]
) -> Figure:
    """R^2 against the distractor's memory, beside what canonical correlations foretell."""
    page = figure(8.2, 4.6)
    head(
        page,
        "When it fails",
        f"$R^2$ of the signal against the memory of the distractor, $\\sigma = {scale:g}$, "
        "default recipe.",
        "Red, dashed: the distractor's canonical correlations reach the signal's, and the optimum",
        "changes sides. Dash-dotted: they reach those of one direction of a rotating plane, where",
        "models without latents to spare begin to be caught.",
    )
    axes = place(page, 0.6, 1.5, 5.4, 2.3)
    rows = table[(table.recipe == "default") & (table.measure == "r2")].sort_values("memory")
    # Towards a memory of 1 everything happens in the last hundredths.
    draw_lines(axes, rows.assign(forgetting=1 - rows.memory), "forgetting", "default", names)
    axes.axvline(1 - contraction, color=ALARM, linestyle="--", linewidth=1)
    axes.axvline(1 - contraction * np.cos(rotation), color=ALARM, linestyle="-.", linewidth=0.8)
    ticks = sorted(1 - rows.memory.unique())
    axes.set(
        xscale="log",
        xlabel="memory of the distractor",
        ylabel="$R^2$ of $s[t+1]$",
        ylim=_frame(rows),
    )
    axes.invert_xaxis()
    axes.set_xticks(ticks, [f"{1 - tick:g}" for tick in ticks], rotation=45)
    axes.minorticks_off()
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def _frame(rows: pd.DataFrame) -> tuple[float, float]:
    """The limits of R^2 that show every mean, chance included, which lies below 0 if anywhere."""
    return min(rows["mean"].min(), 0) - 0.03, 1.03


def _at_limit(rows: pd.DataFrame, share: float) -> str:
    """In words, which lines lie on the limit's, or above a share of it: the eye cannot tell."""
    worst = rows[rows.measure == "r2_of_limit"].groupby("model")["min"].min()
    close = worst[worst > share]
    if close.empty:
        return ""
    return (
        f"{len(close)} of {len(worst)} models: at least\n{close.min():.4f} of the limit, every seed"
    )
