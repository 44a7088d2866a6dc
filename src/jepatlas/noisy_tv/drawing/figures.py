"""The pictures of the noisy-TV track, drawn from tables and arrays."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jepatlas.common.drawing.style import (
    ALARM,
    CATEGORIES,
    FAINT,
    SIDE,
    Frame,
    animate,
    figure,
    head,
    place,
    write_text,
)

Drawn = Mapping[str, npt.NDArray[Any]]
Look = dict[str, Any]

LABELS = {
    "vae": "VAE",
    "ar": "AR",
    "jepa": "JEPA",
    "vjepa": "VJEPA",
    "bjepa": "BJEPA",
    "pred_vae": "predictive VAE",
    "ar2": "AR, two frames",
    "gated_ae": "gated AE",
}
# The document's models solid in their own colours; what the later literature asks for dashed.
COLOURS = dict(zip(LABELS, [CATEGORIES[k] for k in (0, 1, 2, 3, 4, 0, 1, 5)], strict=True))
DASHED = ("pred_vae", "ar2", "gated_ae")
LIMIT: Look = {"color": "black", "linestyle": (0, (1, 1.2)), "linewidth": 1.2}
RECIPES = {"as_published": "As published", "default": "Default recipe"}
FEW = ("as_published",)  # recipes with so few seeds that an interval would say nothing
EXPERTS = {
    "sensor": "sensor: a reading of $s_0$",
    "goal": "goal: a region of the last plane",
    "amplitude": "amplitude: $|(s_0, s_1)|$ known",
}
NINETY = 1.645  # standard deviations to each side that hold 90 % of a Gaussian
TRAIL = 15  # steps behind the moving point of a phase plane


def at_scale(drawn: Drawn, scale: float) -> Drawn:
    """What `evaluate` drew at one noise scale of `[scales, ...]`."""
    found = {}
    for key, array in drawn.items():
        recipe, name = key.split("/")
        if name != "scales":
            found[key] = array[drawn[f"{recipe}/scales"].tolist().index(scale)]
    return found


def accuracy(table: pd.DataFrame) -> Figure:
    """R^2 against the noise scale for both recipes, with what the seeds leave open."""
    page = figure(8.6, 3.9)
    head(
        page,
        "Who recovers the signal?",
        "$R^2$ of the next state of the signal, read from the latent, against the noise scale.",
        "Bars: lowest to highest seed. Bands: 95 % intervals over seeds. "
        "Dotted: Kalman filter with the true parameters.",
    )
    rows = table[table.measure == "r2"]
    for number, (recipe, title) in enumerate(RECIPES.items()):
        axes = place(page, 0.6 + 3.5 * number, 1.15, 3.1, 2.3)
        _lines(axes, rows[(rows.recipe == recipe) & (rows.model != "cca")], "scale", recipe, 0.05)
        principal = rows[(rows.recipe == recipe) & rows.model.isin(["pca_first", "pca_next"])]
        for _, model in principal.groupby("model"):
            axes.plot(model["scale"], model["mean"], color=FAINT, linewidth=0.7, linestyle="-.")
        axes.plot([], [], color=FAINT, linewidth=0.7, linestyle="-.", label="PCA 1-4, 5-8")
        axes.set(title=title, xlabel="noise scale $\\sigma$", ylim=(-0.03, 1.03))
        axes.text(
            0.97,
            0.5,
            _at_limit(table[table.recipe == recipe]),
            color=FAINT,
            fontsize=7,
            ha="right",
            transform=axes.transAxes,
        )
    page.axes[0].set_ylabel("$R^2$ of $s[t+1]$")
    page.axes[1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def prediction(drawn: Drawn, scale: float) -> Figure:
    """True and predicted s_0 over time, with the 90 % interval of VJEPA."""
    page = figure(8.6, 5.2)
    head(
        page,
        "One step ahead",
        f"The first component of the signal and its predictions at $\\sigma = {scale:g}$.",
        "Band: 90 % interval of VJEPA, default recipe; as published it is "
        f"$\\pm${NINETY * drawn['as_published/vjepa_std'][0]:.2g} around the prediction.",
    )
    shown = {
        "as_published": ("vae", "ar", "jepa", "vjepa"),
        "default": ("vae", "jepa", "vjepa"),
    }
    for number, (recipe, names) in enumerate(shown.items()):
        axes = place(page, 0.6, 1.15 + 2.05 * number, 6.6, 1.6)
        true = drawn[f"{recipe}/true"][:, 0]
        time = np.arange(1, len(true) + 1)
        if recipe == "default":
            mean, half = drawn["default/vjepa"][:, 0], NINETY * drawn["default/vjepa_std"][0]
            axes.fill_between(
                time, mean - half, mean + half, color=COLOURS["vjepa"], alpha=0.25, linewidth=0
            )
        axes.plot(time, true, color="black", linewidth=1.8, label="true")
        for name in names:
            # JEPA in dashes above VJEPA, as in the default recipe both lie on one line.
            look = _look(name) | ({"linestyle": (0, (3, 3)), "zorder": 3} if name == "jepa" else {})
            axes.plot(time, drawn[f"{recipe}/{name}"][:, 0], **look, linewidth=1.1)
        reach = 1.3 * np.abs(true).max()
        axes.set(title=RECIPES[recipe], ylabel="$s_0$", xlim=(1, len(true)), ylim=(-reach, reach))
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    page.axes[-1].set_xlabel("step of the test part")
    return page


def phase_plane(drawn: Drawn, scale: float) -> Iterator[Frame]:
    """The moving phase plane (s_0, s_1): the truth in black, a model per panel."""
    page = figure(7.2, 4.4, dpi=110)
    head(
        page,
        "Phase plane",
        f"$(s_0, s_1)$ at $\\sigma = {scale:g}$: the truth in black, the prediction in colour.",
    )
    reach = 1.15 * np.abs(drawn["default/true"][:, :2]).max()
    moving: list[tuple[Any, Any, npt.NDArray[Any]]] = []
    for row, (recipe, title) in enumerate(RECIPES.items()):
        for column, name in enumerate(("vae", "ar", "jepa", "vjepa", "bjepa")):
            axes = place(page, 0.6 + 1.3 * column, 0.95 + 1.65 * row, 1.2, 1.2)
            axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[])
            axes.set_title(LABELS[name])
            if column == 0:
                axes.set_ylabel("$s_1$")
                write_text(page, 0.25, 1.55 + 1.65 * row, title, **SIDE)
            if row == 1:
                axes.set_xlabel("$s_0$")
            for key, colour in (("true", "black"), (name, COLOURS[name])):
                (trail,) = axes.plot([], [], color=colour, linewidth=0.9)
                (point,) = axes.plot([], [], "o", color=colour, markersize=3.5)
                moving.append((trail, point, drawn[f"{recipe}/{key}"][:, :2]))

    def update(number: int) -> None:
        for trail, point, path in moving:
            trail.set_data(*path[max(0, number - TRAIL) : number + 1].T)
            point.set_data(*path[number : number + 1].T)

    artists = [artist for trail, point, _ in moving for artist in (trail, point)]
    return animate(page, artists, len(drawn["default/true"]), update)


def rollouts(table: pd.DataFrame, scale: float) -> Figure:
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
        _lines(axes, rows[rows.recipe == recipe], "horizon", recipe, 0.03)
        axes.set(title=title, xlabel="steps ahead", ylim=(-0.25, 1.03))
        ticks = sorted(rows.horizon.unique())
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
    page.axes[0].set_ylabel("$R^2$ of $s$")
    page.axes[1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def calibration(table: pd.DataFrame, scale: float) -> Figure:
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
        _lines(axes, own.assign(**{c: own[c] - own.level for c in columns}), "level", recipe, 0.01)
        axes.set(title=title, xlabel="nominal level", xlim=(0, 1))
    page.axes[0].set_ylabel("covered share - nominal level")
    page.axes[1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def failure(table: pd.DataFrame, scale: float, contraction: float, rotation: float) -> Figure:
    """R^2 against the distractor's memory, beside what canonical correlations foretell."""
    page = figure(8.2, 4.6)
    head(
        page,
        "When it fails",
        f"$R^2$ of the signal against the memory of the distractor, $\\sigma = {scale:g}$, "
        "default recipe.",
        "Red, dashed: the distractor's canonical correlations reach the signal's, and the optimum",
        "changes sides. Dash-dotted: they reach those of one direction of a rotating plane, which",
        "a model meets on its way.",
    )
    axes = place(page, 0.6, 1.5, 5.4, 2.3)
    rows = table[(table.recipe == "default") & (table.measure == "r2")].sort_values("memory")
    # Towards a memory of 1 everything happens in the last hundredths.
    _lines(axes, rows.assign(forgetting=1 - rows.memory), "forgetting", "default")
    axes.axvline(1 - contraction, color=ALARM, linestyle="--", linewidth=1)
    axes.axvline(1 - contraction * np.cos(rotation), color=ALARM, linestyle="-.", linewidth=0.8)
    ticks = sorted(1 - rows.memory.unique())
    axes.set(
        xscale="log",
        xlabel="memory of the distractor",
        ylabel="$R^2$ of $s[t+1]$",
        ylim=(-0.03, 1.03),
    )
    axes.invert_xaxis()
    axes.set_xticks(ticks, [f"{1 - tick:g}" for tick in ticks], rotation=45)
    axes.minorticks_off()
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def transfer(table: pd.DataFrame) -> Figure:
    """Error and likelihood of BJEPA's belief before and after the product, beside exact fusion."""
    page = figure(8.4, 5.4)
    head(
        page,
        "Zero-shot transfer",
        "BJEPA's belief about $s[t+1]$ before and after its prior expert is exchanged.",
        "Means over seeds. Dotted: exact Bayesian fusion of the Kalman filter's prediction "
        "with the same expert.",
    )
    rows = table[table.recipe == "default"]
    measures = {"error": "RMSE of the mean", "nll": "$-\\log p$, nats per dimension"}
    looks = {
        "_before": {"color": FAINT, "label": "before"},
        "": {"color": COLOURS["bjepa"], "label": "after"},
        "_exact": {**LIMIT, "label": "exact fusion"},
    }
    for column, expert in enumerate(rows.expert.unique()):
        for line, (measure, label) in enumerate(measures.items()):
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
                axes.set_ylabel(label)
    page.axes[-1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def _lines(axes: Axes, rows: pd.DataFrame, x: str, recipe: str, shift: float = 0.0) -> None:
    """A line per model, the limit on top, and what the seeds leave open: an interval, or for a
    recipe of few seeds their range, in bars that stand `shift` apart."""
    present = [name for name in (*LABELS, "cca", "kalman") if (rows.model == name).any()]
    for number, name in enumerate(present):
        model, look = rows[rows.model == name], _look(name)
        dodge = shift * (number - (len(present) - 1) / 2)
        moved = model[x] * (1 + dodge) if axes.get_xscale() == "log" else model[x] + dodge
        axes.plot(model[x], model["mean"], **look, zorder=4 if name == "kalman" else 2)
        if name not in LABELS:
            continue
        if recipe in FEW:
            axes.vlines(moved, model["min"], model["max"], color=look["color"], linewidth=0.8)
            for end in ("min", "max"):
                axes.plot(moved, model[end], ".", color=look["color"], markersize=2.5)
        else:
            axes.fill_between(
                model[x], model["low"], model["high"], color=look["color"], alpha=0.1, linewidth=0
            )


def _at_limit(rows: pd.DataFrame) -> str:
    """In words, which lines lie on the limit's: they cannot be told apart by eye."""
    worst = rows[rows.measure == "r2_of_limit"].groupby("model")["min"].min()
    close = worst[worst > 0.99]
    if close.empty:
        return ""
    return (
        f"{len(close)} of {len(worst)} models: at least\n{close.min():.3f} of the limit, every seed"
    )


def _look(name: str) -> Look:
    if name == "kalman":
        return {**LIMIT, "label": "Kalman filter"}
    if name == "cca":
        return {"color": "black", "linestyle": "--", "linewidth": 0.9, "label": "CCA"}
    style = "--" if name in DASHED else "-"
    return {"color": COLOURS[name], "linestyle": style, "label": LABELS[name]}
