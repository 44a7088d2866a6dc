"""The pictures of the noisy-TV track, drawn from tables and arrays."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jepatlas.common.style import ALARM, CATEGORIES, FAINT, Frame, animate, figure, head, place

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
TRAIL = 15  # steps behind the moving point of a phase plane


def accuracy(table: pd.DataFrame) -> Figure:
    """R^2 against the noise scale for both recipes; the bands are 95 % intervals over seeds."""
    page = figure(8.6, 3.9)
    head(
        page,
        "Who recovers the signal?",
        "$R^2$ of the next state of the signal, read from the latent, against the noise scale.",
        "Bands: 95 % intervals over seeds. Dotted: Kalman filter with the true parameters.",
    )
    rows = table[table.measure == "r2"]
    for number, (recipe, title) in enumerate(RECIPES.items()):
        axes = place(page, 0.6 + 3.5 * number, 1.15, 3.1, 2.3)
        for name, model in rows[rows.recipe == recipe].groupby("model"):
            if name in LABELS or name == "kalman":
                _band(axes, model, "scale", str(name))
        principal = rows[(rows.recipe == recipe) & rows.model.isin(["pca_first", "pca_next"])]
        for _, model in principal.groupby("model"):
            axes.plot(model["scale"], model["mean"], color=FAINT, linewidth=0.7, linestyle="-.")
        axes.plot([], [], color=FAINT, linewidth=0.7, linestyle="-.", label="PCA 1-4, 5-8")
        axes.set(title=title, xlabel="noise scale $\\sigma$", ylim=(-0.03, 1.03))
    page.axes[0].set_ylabel("$R^2$")
    page.axes[1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def prediction(drawn: Drawn, scale: float) -> Figure:
    """True and predicted s_0 over time, with the 90 % interval of VJEPA."""
    page = figure(8.6, 5.2)
    head(
        page,
        "One step ahead",
        f"The first component of the signal and its predictions at $\\sigma = {scale:g}$.",
        "Band: 90 % interval of VJEPA, default recipe.",
    )
    shown = {
        "as_published": ("vae", "ar", "jepa", "vjepa"),
        "default": ("vae", "jepa", "vjepa"),
    }
    for number, (recipe, names) in enumerate(shown.items()):
        axes = place(page, 0.6, 1.15 + 2.0 * number, 6.6, 1.6)
        true = drawn[f"{recipe}/true"][:, 0]
        time = np.arange(1, len(true) + 1)
        if recipe == "default":
            mean, std = drawn["default/vjepa"][:, 0], drawn["default/vjepa_std"][0]
            edges = mean - 1.645 * std, mean + 1.645 * std
            axes.fill_between(time, *edges, color=COLOURS["vjepa"], alpha=0.25, linewidth=0)
        axes.plot(time, true, color="black", linewidth=1.8, label="true")
        for name in names:
            axes.plot(time, drawn[f"{recipe}/{name}"][:, 0], **_look(name), linewidth=0.9)
        axes.set(title=RECIPES[recipe], ylabel="$s_0$", xlim=(1, len(true)))
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    page.axes[-1].set_xlabel("step of the test part")
    return page


def phase_plane(drawn: Drawn, scale: float) -> Iterator[Frame]:
    """The moving phase plane (s_0, s_1): the truth in black, a model per panel."""
    page = figure(7.0, 4.6, dpi=90)
    head(page, "Phase plane", f"$(s_0, s_1)$ at $\\sigma = {scale:g}$: the truth in black.")
    reach = 1.15 * np.abs(drawn["default/true"][:, :2]).max()
    moving: list[tuple[Any, Any, npt.NDArray[Any]]] = []
    for row, (recipe, title) in enumerate(RECIPES.items()):
        for column, name in enumerate(("vae", "ar", "jepa", "vjepa", "bjepa")):
            axes = place(page, 0.35 + 1.32 * column, 0.95 + 1.85 * row, 1.2, 1.2)
            axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[])
            axes.set_title(LABELS[name])
            if column == 0:
                axes.set_ylabel(title)
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
    page = figure(8.6, 3.9)
    head(
        page,
        "Many steps ahead",
        f"$R^2$ of the signal when the predictor is iterated, at $\\sigma = {scale:g}$.",
        "The read-out is fitted one step ahead, in training. Dotted: the filter, open loop.",
    )
    rows = table[table["scale"] == scale]
    for number, (recipe, title) in enumerate(RECIPES.items()):
        axes = place(page, 0.6 + 3.5 * number, 1.15, 3.1, 2.3)
        for name, model in rows[rows.recipe == recipe].groupby("model"):
            _band(axes, model, "horizon", str(name))
        axes.set(title=title, xlabel="steps ahead", ylim=(-0.25, 1.03), xscale="log")
        ticks = sorted(rows.horizon.unique())
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
    page.axes[0].set_ylabel("$R^2$")
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
    )
    rows = table[table["scale"] == scale]
    for number, (recipe, title) in enumerate(RECIPES.items()):
        axes = place(page, 0.65 + 3.3 * number, 0.95, 2.9, 2.3)
        axes.axhline(0, color=FAINT, linewidth=0.6)
        for name, model in rows[rows.recipe == recipe].groupby("model"):
            excess = model.assign(**{c: model[c] - model.level for c in ("mean", "low", "high")})
            _band(axes, excess, "level", str(name))
        axes.set(title=title, xlabel="nominal level")
    page.axes[0].set_ylabel("covered - nominal")
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
        "Dashed line: the distractor's canonical correlations reach the signal's, and the optimum",
        "changes sides. Dash-dotted: they reach those of one direction of a rotating plane, which",
        "a model meets on its way.",
    )
    axes = place(page, 0.6, 1.5, 5.4, 2.3)
    rows = table[(table.recipe == "default") & (table.measure == "r2")].sort_values("memory")
    for name, model in rows.groupby("model"):
        if name in (*LABELS, "kalman", "cca"):
            # Towards a memory of 1 everything happens in the last hundredths.
            _band(axes, model.assign(forgetting=1 - model.memory), "forgetting", str(name))
    axes.axvline(1 - contraction, color=ALARM, linestyle="--", linewidth=1)
    axes.axvline(1 - contraction * np.cos(rotation), color=ALARM, linestyle="-.", linewidth=0.8)
    ticks = sorted(1 - rows.memory.unique())
    axes.set(xscale="log", xlabel="memory", ylabel="$R^2$", ylim=(-0.03, 1.03))
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
        "Dotted: exact Bayesian fusion of the Kalman filter's prediction with the same expert.",
    )
    rows = table[table.recipe == "default"]
    measures = {"error": "error of the mean", "nll": "nats per dimension"}
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
            if line == 0:
                axes.set_title(expert)
            else:
                axes.set_xlabel("noise scale $\\sigma$")
            if column == 0:
                axes.set_ylabel(label)
    page.axes[-1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    return page


def _band(axes: Axes, rows: pd.DataFrame, x: str, name: str) -> None:
    look = _look(name)
    axes.plot(rows[x], rows["mean"], **look)
    if name in LABELS:
        axes.fill_between(
            rows[x], rows["low"], rows["high"], color=look["color"], alpha=0.1, linewidth=0
        )


def _look(name: str) -> Look:
    if name == "kalman":
        return {**LIMIT, "label": "Kalman filter"}
    if name == "cca":
        return {"color": "black", "linestyle": "--", "linewidth": 0.9, "label": "CCA"}
    style = "--" if name in DASHED else "-"
    return {"color": COLOURS[name], "linestyle": style, "label": LABELS[name]}
