"""The figure of a sweep: each measure against a parameter, with intervals."""

import textwrap
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jepatlas.common.drawing import style
from jepatlas.common.drawing.looks import KNOWN, looks
from jepatlas.common.measuring.statistics import summary
from jepatlas.sweeps.file import Sweep

PANEL, GAP, DOWN, SIDE = (2.6, 1.9), 0.75, 2.75, 0.75  # inches; DOWN: from row to row
LEGEND = 1.1
TICKS = 10  # values of x that are written out
ACROSS = 4  # panels in a row
LETTERS = 16  # of a text, in an inch
LONG = 6  # letters of a name, from which on names would run into each other
APART = 0.012  # of lines with the same x, as a part of the axis


def draw(found: pd.DataFrame, sweep: Sweep) -> Figure:
    """found: the sweep's table. A point is one experiment; those that differ in nothing but the
    seed are joined into one, with Student's interval over the seeds."""
    columns = min(len(sweep.measures), ACROSS)
    rows = -(-len(sweep.measures) // columns)
    width = SIDE + columns * (PANEL[0] + GAP) + (LEGEND if lines(found, sweep) else 0)
    text = [*textwrap.wrap(sweep.text, int(LETTERS * width)), note(found, sweep)]
    start = 0.85 + 0.19 * len(text)
    page = style.figure(width, start + rows * DOWN - 0.2)
    style.head(page, sweep.title, *text)
    for number, measure in enumerate(sweep.measures):
        down, along = divmod(number, columns)
        left, top = SIDE + along * (PANEL[0] + GAP), start + down * DOWN
        axes = style.place(page, left, top, *PANEL)
        draw_measure(axes, found[found["measure"] == measure], sweep)
        axes.set_title(measure, loc="left")
        if number == columns - 1 and lines(found, sweep):
            axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), borderaxespad=0)
    return page


def note(found: pd.DataFrame, sweep: Sweep) -> str:
    """What the intervals are over."""
    if "seed" in (sweep.figure.x, sweep.figure.lines):
        return "A training by each seed, with a 95 % interval over its members or its test points."
    if len(sweep.seeds) > 1:
        return f"Mean and 95 % interval over {len(sweep.seeds)} training seeds."
    if found["ci95"].isna().all():
        return "One network each, so there are no intervals."
    return "Mean and 95 % interval over the members."


def lines(found: pd.DataFrame, sweep: Sweep) -> list[str]:
    """The columns whose values have a line each."""
    several = found["method"].nunique() > 1 and sweep.figure.x != "method"
    named = [sweep.figure.lines] if sweep.figure.lines else []
    return list(dict.fromkeys(["method"] * several + named))


def draw_measure(axes: Axes, found: pd.DataFrame, sweep: Sweep) -> None:
    x, split = sweep.figure.x, lines(found, sweep)
    groups = list(found.groupby(split, sort=False)) if split else [((), found)]
    places = list(dict.fromkeys(found[x])) if _apart(found, sweep) else None
    for number, (values, rows) in enumerate(groups):
        points = joined(rows, x)
        at = np.asarray([places.index(v) for v in points[x]] if places else points[x], float)
        shift = APART * (number - (len(groups) - 1) / 2)
        if not places and sweep.figure.scale == "log":
            at = at * (found[x].max() / found[x].min()) ** shift
        else:
            at = at + shift * np.ptp(range(len(places)) if places else found[x])
        colour = _colour(number, len(groups), _method(split, values), bool(sweep.figure.lines))
        axes.errorbar(
            at,
            points["mean"].to_numpy(float),
            points["ci95"].fillna(0).to_numpy(float),
            fmt="o" if places and x in ("method", "seed") else "o-",
            markersize=3.5,
            elinewidth=1,
            capsize=2,
            color=colour,
            label=" ".join(_named(split, values)),
        )
    if places:
        axes.set_xticks(range(len(places)), [_short(place) for place in places])
        axes.margins(x=0.15 if len(places) < 4 else 0.06)
        if any(len(_short(place)) > LONG for place in places):
            for label in axes.get_xticklabels():
                label.set(rotation=25, ha="right", rotation_mode="anchor")
    elif sweep.figure.scale == "log":
        axes.set_xscale("log")
        axes.minorticks_off()
    if not places and found[x].nunique() <= TICKS:
        axes.set_xticks(ticks := sorted(set(found[x])), [_short(float(tick)) for tick in ticks])
    if x != "method":  # their names speak for themselves
        axes.set_xlabel(x.replace("_", " "))
    axes.grid(axis="y", color="#e5e7eb", linewidth=0.5)
    axes.set_axisbelow(True)


def joined(rows: pd.DataFrame, x: str) -> pd.DataFrame:
    """`x, mean, ci95` of one line, in the order of x. Several rows at one place are seeds."""
    points = [
        {x: value}
        | (summary(same["mean"]) if len(same) > 1 else same[["mean", "ci95"]].iloc[0].to_dict())
        for value, same in rows.groupby(x, sort=False)
    ]
    found = pd.DataFrame(points, columns=[x, "mean", "ci95"])
    return found.sort_values(x) if pd.api.types.is_numeric_dtype(found[x]) else found


def save(page: Figure, path: Path) -> None:
    """As `path`.png and `path`.svg, the same bytes each time."""
    style.save_png(page, path.with_suffix(".png"))
    style.save_svg(page, path.with_suffix(".svg"))


def _apart(found: pd.DataFrame, sweep: Sweep) -> bool:
    """Whether values stand side by side, as names and texts must."""
    numeric = pd.api.types.is_numeric_dtype(found[sweep.figure.x])
    return sweep.figure.scale == "each" or not numeric


def _method(split: list[str], values: tuple[object, ...]) -> str:
    """The method that a line is of, or nothing where lines are not told apart by it."""
    return str(values[split.index("method")]) if "method" in split else ""


def _colour(number: int, count: int, method: str, ordered: bool) -> str:
    if method in KNOWN and not ordered:
        return str(looks([method])[method]["color"])
    if not ordered:
        return style.CATEGORIES[number % len(style.CATEGORIES)]
    shade = 0.85 * number / max(count - 1, 1)  # the lightest yellow cannot be seen on white
    return mpl.colors.to_hex(mpl.colormaps["viridis"](shade))


def _named(split: list[str], values: tuple[object, ...]) -> list[str]:
    """What a line is called: a method by its name, a parameter with its value."""
    return [
        str(value) if name == "method" else f"{name} {_short(value)}"
        for name, value in zip(split, values, strict=True)
    ]


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
