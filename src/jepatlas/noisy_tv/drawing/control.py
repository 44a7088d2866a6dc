"""The picture of steering the signal: regret by noise scale, and the way to the goal."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jepatlas.common.drawing.looks import label
from jepatlas.common.drawing.style import FAINT, figure, head, place
from jepatlas.noisy_tv.drawing.looks import LIMIT, RECIPES, draw_lines, looks
from jepatlas.noisy_tv.truth.system import Array

LQG, IDLE = "lqg", "no_input"
LOWEST, HIGHEST = 3e-4, 50  # regrets of the frame
WAYS = {  # of the methods that can be given a goal as an expert
    "regret": ("regulator, told what counts", "-"),
    "regret_latent": ("regulator, distance of latents", "--"),
    "regret_goal": ("goal experts, all steps", "-."),
    "regret_goal_next": ("goal expert, next step", (0, (1, 1))),
}


def control(
    table: pd.DataFrame, drawn: Mapping[str, Array], scale: float, names: Sequence[str]
) -> Figure:
    """table: of plot data, regrets; drawn: series of the first seed at the scale that is drawn."""
    page = figure(8.6, 6.9)
    head(
        page,
        "Steering the signal",
        "An input pushes the signal to a goal that is shown as a picture, with the distractor on.",
        "Regret: what it costs more than exact LQG, as a share of what LQG saves against no input.",
        "Encoders have only watched; a short run with random inputs tells what an input does. "
        "A line that leaves the frame makes things worse.",
    )
    methods = table[~table.model.isin([LQG, IDLE, "random_input"])]
    for number, (recipe, title) in enumerate(RECIPES.items()):
        axes = _regrets(page, 0.6 + 3.5 * number, 1.35)
        rows = methods[(methods.recipe == recipe) & (methods.measure == "regret")]
        draw_lines(axes, rows, "scale", recipe, names, 0.05)
        axes.set_title(title)
    page.axes[0].set_ylabel("regret")
    page.axes[1].legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
    _ways(_regrets(page, 0.6, 4.3), methods, names)
    page.axes[2].set_ylabel("regret")
    _distances(place(page, 4.35, 4.3, 2.85, 2.1), drawn, scale, names)
    return page


def _regrets(page: Figure, left: float, top: float) -> Axes:
    axes = place(page, left, top, 3.1, 2.1)
    axes.set(yscale="log", ylim=(LOWEST, HIGHEST), xlabel="noise scale $\\sigma$")
    axes.axhline(1, color=FAINT, linewidth=0.7)
    axes.minorticks_off()
    return axes


def _ways(axes: Axes, methods: pd.DataFrame, names: Sequence[str]) -> None:
    """Of the first method with a goal expert, each way of acting on what it has learned."""
    rows = methods[methods.recipe == "default"]
    with_goals = set(rows[rows.measure == "regret_goal"].model)
    name = next((name for name in names if name in with_goals), names[0])
    colour = looks(names)[name]["color"]
    for measure, (words, dash) in WAYS.items():
        found = rows[(rows.model == name) & (rows.measure == measure)]
        axes.plot(found["scale"], found["mean"], color=colour, linestyle=dash, label=words)
    axes.set_title(f"{label(name)}, default recipe: four ways to use it")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 0.97))


def _distances(axes: Axes, drawn: Mapping[str, Array], scale: float, names: Sequence[str]) -> None:
    known = looks(names)
    known |= {LQG: {**LIMIT, "label": "exact LQG"}, IDLE: {"color": FAINT, "label": "no input"}}
    for name, look in known.items():
        axes.plot(drawn[f"default/{name}_distance"], **look, zorder=4 if name == LQG else 2)
    axes.set(
        title=f"Default recipe, $\\sigma = {scale:g}$: distance to the goal",
        xlabel="step of the episode",
        ylabel="RMS, in standard deviations",
        ylim=(0, None),
    )
    axes.legend(
        *(part[-2:] for part in axes.get_legend_handles_labels()),
        loc="center left",
        bbox_to_anchor=(1.02, 0.5),
    )
