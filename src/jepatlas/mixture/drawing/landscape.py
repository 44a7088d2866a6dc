"""What a method that learns an embedding calls near: its landscapes, and how they came about."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from jepatlas.common.drawing import style
from jepatlas.mixture.drawing import maps
from jepatlas.mixture.drawing.maps import Array, Arrays, Scale, Scene

LEFT, TOP = 0.75, 1.5  # inches to the first map
MAP, GAP = 1.75, 0.1
SLOWLY, PAUSE = 2, 6  # frames for each state of a collapse, and more on the last


def figure(name: str, arrays: Arrays, metrics: dict[str, Any], scene: Scene) -> Figure:
    """Landscapes from the component means, on one scale and each on its own; spread and rank.

    arrays, metrics: as `evaluation.evaluate` returns them.
    """
    references = arrays["means_references"][: maps.REFERENCES]
    landscapes = arrays["means_landscapes"][: maps.REFERENCES]
    height = MAP * scene.plane.ratio
    below = TOP + height + 0.5  # top of the second row
    right = LEFT + len(references) * (MAP + GAP)  # of the maps
    page = style.figure(right + 3.6, below + height + 0.85)
    _head(page, name, metrics, scene, len(arrays["means_references"]))
    style.write_text(page, 0.2, TOP + height / 2, "one scale for all", **style.SIDE)
    style.write_text(page, 0.2, below + height / 2, "each on its own scale", **style.SIDE)

    for column, (reference, energy) in enumerate(zip(references, landscapes, strict=True)):
        left = LEFT + column * (MAP + GAP)
        axes = style.place(page, left, TOP, MAP, height)
        axes.set_title(f"$x_{{ref}}$ = {maps.at(reference)}")
        image = maps.draw_map(axes, energy, maps.COSINES, scene.plane)
        _finish(axes, reference, arrays["points"], column == 0)

        scale = maps.own(energy)
        axes = style.place(page, left, below, MAP, height)
        own_image = maps.draw_map(axes, energy, scale, scene.plane)
        _finish(axes, reference, arrays["points"], column == 0)
        bar = style.place(page, left, below + height + 0.47, MAP, 0.1)
        style.colour_bar(bar, own_image, "", [])
        low, high = _ends(scale)
        bar.set_title(low, loc="left", size=7, y=-2.1, pad=0)
        bar.set_title(high, loc="right", size=7, y=-2.1, pad=0)

    bar = style.place(page, right, TOP, 0.1, height)
    style.colour_bar(bar, image, maps.ENERGY, [-1, -0.5, 0, 0.5, 1])

    right += 1.35
    _curve(style.place(page, right, TOP, 2.0, height), arrays, "spread", "C0", scene)
    _curve(style.place(page, right, below, 2.0, height), arrays, "effective_rank", "C1", scene)
    return page


def frames(name: str, arrays: Arrays, scene: Scene) -> Iterator[style.Frame]:
    """The landscape while its reference tours the component means, or, where that is uniform, how
    it became so."""
    if "field_steps" in arrays and arrays["spread"][-1].mean() < scene.collapsed:
        return collapse(name, arrays, scene)
    references, landscapes = arrays["tour_references"], arrays["tour_landscapes"]
    page, axes, bar = maps.moving(name, f"{maps.ENERGY} of {scene.member}", scene.plane)
    image = maps.draw_map(axes, landscapes[0], maps.COSINES, scene.plane, lines=False)
    dots = maps.draw_dots(axes, arrays["points"])
    star = maps.draw_star(axes, references[0], size=150)
    style.colour_bar(bar, image, "", [-1, -0.5, 0, 0.5, 1])

    def update(number: int) -> None:
        image.set_data(landscapes[number])
        star.set_offsets(references[number])

    return style.animate(page, [image, dots, star], len(references), update)


def collapse(name: str, arrays: Arrays, scene: Scene) -> Iterator[style.Frame]:
    """The landscape from one reference over training, beside the spread."""
    steps, side = arrays["field_steps"], int(arrays["field_side"])
    reference = arrays["means_references"][0]
    height = 2.75 * scene.plane.ratio
    page, axes, bar = maps.moving(name, f"{maps.ENERGY} of {scene.member}", scene.plane, 7.4)
    nearest = _nearest(reference, scene, side)
    landscapes = [_landscape(arrays, moment, nearest) for moment in range(len(steps))]
    image = maps.draw_map(axes, landscapes[0], maps.COSINES, scene.plane, lines=False)
    dots = maps.draw_dots(axes, arrays["points"])
    star = maps.draw_star(axes, reference, size=150)
    style.colour_bar(bar, image, "", [-1, -0.5, 0, 0.5, 1])
    beside = style.place(page, 4.75, 0.62, 2.4, height)
    _curve(beside, arrays, "spread", "C0", scene)
    spread = arrays["spread"].mean(1).clip(1e-9)
    (point,) = beside.plot([], [], "o", color=style.ALARM, markersize=6, clip_on=False)
    clock = style.write_text(page, 3.25, 0.14, "", ha="right")

    def update(number: int) -> None:
        moment = min(number // SLOWLY, len(steps) - 1)
        image.set_data(landscapes[moment])
        point.set_data(
            [steps[moment]], [np.interp(steps[moment], arrays["snapshot_steps"], spread)]
        )
        clock.set_text(f"step {steps[moment]}")

    return style.animate(
        page, [image, dots, star, point, clock], SLOWLY * len(steps) + PAUSE, update
    )


def _nearest(reference: Array, scene: Scene, side: int) -> tuple[int, int]:
    """Row and column of the grid point next to a reference."""
    x, y = np.linspace(*scene.plane.x, side), np.linspace(*scene.plane.y, side)
    return int(np.abs(y - reference[1]).argmin()), int(np.abs(x - reference[0]).argmin())


def _landscape(arrays: Arrays, moment: int, reference: tuple[int, int]) -> Array:
    """-cos(f(x), g(x_ref)) over the grid from what `measuring.fields` keeps of a moment."""
    online, target = (
        arrays.get(key, arrays[f"field_{moment}"]).astype(float)  # [axes, side, side]
        for key in (f"field_{moment}", f"target_{moment}")
    )
    steps, offset = (arrays[f"{key}_{moment}"][:, None, None] for key in ("step", "offset"))
    apart = steps * (online - target[:, *reference, None, None]) + offset
    found: Array = (apart**2).sum(axis=0) / 2 - 1
    return found


def _head(page: Figure, name: str, metrics: dict[str, Any], scene: Scene, components: int) -> None:
    shown = min(components, maps.REFERENCES)
    means = "the component means" if shown == components else f"{shown} of {components} means"
    collapse, landscape = metrics["collapse"], metrics["landscape"]
    style.head(
        page,
        maps.title(name),
        f"AUROC {maps.mean(landscape['auroc'])},   depth {maps.mean(landscape['depth'])},   "
        f"spread {maps.mean(collapse['spread'])},   "
        f"effective rank {maps.mean(collapse['effective_rank'])}",
        f"Maps: {maps.ENERGY} seen from {means} (star), by {scene.member}.",
        "AUROC, depth: how well, by how much, it separates the star's component from the others.",
        f"Dots: held-out points. Numbers: {scene.numbers} ($\\pm$ 95 % interval).",
    )


def _finish(axes: Axes, reference: Array, points: Array, leftmost: bool) -> None:
    maps.draw_dots(axes, points)
    maps.draw_star(axes, reference)
    maps.name_axes(axes, left=leftmost)


def _ends(scale: Scale) -> tuple[str, str]:
    """The ends of a scale in words; of a narrow one, the second by its distance from the first."""
    width = scale.high - scale.low
    low = maps.number(scale.low, 4)
    return low, maps.number(scale.high, 3) if width > 0.01 else f"{low} + {maps.number(width, 2)}"


def _curve(axes: Axes, arrays: Arrays, key: str, colour: str, scene: Scene) -> None:
    """A measure against the training step: mean, and lowest to highest, over the members."""
    # [snapshots], [snapshots, members]; a logarithmic axis has no 0, where a collapse may well end
    steps, values = arrays["snapshot_steps"], arrays[key].clip(1e-9)
    axes.fill_between(steps, values.min(1), values.max(1), color=colour, alpha=0.2, linewidth=0)
    axes.plot(steps, values.mean(1), color=colour)
    axes.set_xscale("symlog", linthresh=1)  # the first snapshot is at step 0
    axes.set_xlim(0, steps[-1])
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("training step", labelpad=1)
    axes.set_ylabel(key.replace("_", " "))
    if key == "spread":
        axes.set_title(f"mean and range of {scene.members} networks" if scene.members > 1 else "")
        axes.set_yscale("log")
        axes.set_ylim(min(1e-3, float(values.min())) / 2, 1.3)
        axes.yaxis.set_minor_locator(NullLocator())
        axes.axhline(scene.collapsed, color=style.INK, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.annotate(
            "collapsed below",
            (0, scene.collapsed),
            (4, -3),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="top",
            size=7,
        )
    else:
        axes.set_ylim(1, max(10.0, float(values.max()) * 1.05))
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))
