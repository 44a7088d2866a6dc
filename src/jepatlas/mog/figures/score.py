"""What a method that learns an energy by its gradient makes of -log p, and samples of it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jepatlas.common import style
from jepatlas.mog.figures import maps
from jepatlas.mog.figures.maps import Array, Arrays, Plane, Scale, Scene

LEFT, TOP = 0.75, 1.1  # inches to the first map
MAP, GAP = 2.35, 0.1
EXACT = r"exact $-\log\,p_\sigma(x)$"


def figure(name: str, arrays: Arrays, metrics: dict[str, Any], scene: Scene) -> Figure:
    """Energy and score beside the exact ones, and Langevin samples beside exact ones.

    arrays, metrics: as `evaluation.evaluate` returns them.
    """
    plane, height = scene.plane, MAP * scene.plane.ratio
    below = TOP + height + 0.85  # top of the second row
    lefts = [LEFT, LEFT + MAP + GAP, LEFT + 2 * (MAP + GAP) + 0.75]
    page = style.figure(lefts[2] + MAP + 0.2, below + height + 0.45)
    score, sampling = metrics["score"], metrics["sampling"]
    style.head(
        page,
        maps.title(name),
        f"relative Fisher error {maps.mean(score['fisher_error'])},   "
        f"correlation of the energy with $-\\log\\,p_\\sigma$ {maps.mean(score['energy_correlation'])}",
        f"the data smoothed by $N(0, \\sigma^2 I)$ have the density $p_\\sigma$; maps and samples are "
        f"of {scene.member}; {len(arrays['exact_samples'])} samples",
    )

    scale = maps.nats(arrays["exact_energy"])
    axes = style.place(page, lefts[0], TOP, MAP, height)
    axes.set_title("learned energy")
    image = maps.draw_map(axes, arrays["energy"], scale, plane)
    maps.name_axes(axes)
    axes = style.place(page, lefts[1], TOP, MAP, height)
    axes.set_title(EXACT)
    maps.draw_map(axes, arrays["exact_energy"], scale, plane)
    maps.name_axes(axes, left=False)
    bar = style.place(page, lefts[1] + MAP + GAP, TOP, 0.1, height)
    energy_bar(bar, image, scale)

    axes = style.place(page, lefts[2], TOP, MAP, height)
    _field(axes, arrays, scale, plane)

    distances = {kind: sampling[kind]["sliced_wasserstein"]["mean"] for kind in sampling}
    for left, kind, samples in [
        (lefts[0], "unadjusted", arrays["unadjusted_path"][-1]),
        (lefts[1], "adjusted", arrays["adjusted_path"][-1]),
        (lefts[2], "exact", arrays["exact_samples"]),
    ]:
        axes = style.place(page, left, below, MAP, height)
        _ground(axes, arrays["exact_energy"], scale, plane)
        axes.scatter(*samples.T, s=3, color="C0", linewidths=0)
        what = "exact samples" if kind == "exact" else f"Langevin samples, {kind}"
        axes.set_title(f"{what}\nsliced Wasserstein distance {maps.number(distances[kind])}")
        maps.name_axes(axes, left=left != lefts[1])
    return page


def frames(name: str, arrays: Arrays, scene: Scene) -> Iterator[style.Frame]:
    """Langevin chains on their way down the learned energy."""
    path = arrays["unadjusted_path"]
    scale = maps.nats(arrays["exact_energy"])
    page, axes, bar = maps.animated(name, f"Langevin chains in the energy of {scene.member}", scene.plane)
    image = maps.draw_map(axes, arrays["energy"], scale, scene.plane)
    energy_bar(bar, image, scale)
    dots = maps.draw_dots(axes, path[0], size=4)
    clock = axes.text(0.97, 0.03, "", transform=axes.transAxes, ha="right", va="bottom", color="white")
    steps = np.linspace(0, scene.langevin_steps, len(path)).round().astype(int)

    def update(number: int) -> None:
        dots.set_offsets(path[number, : maps.DOTS])
        clock.set_text(f"step {steps[number]} of {steps[-1]}")

    return style.animate(page, [image, dots, clock], len(path), update)


def energy_bar(axes: Axes, image: Any, scale: Scale) -> None:
    """The colour bar of energies, which ends where the maps are clipped."""
    ticks = np.arange(np.ceil(scale.low), scale.high, 2)
    style.colour_bar(axes, image, f"energy, nats (lightest: {scale.high:.3g} and above)", ticks)


def _ground(axes: Axes, energy: Array, scale: Scale, plane: Plane) -> None:
    """Lines of equal exact energy, a line for every two nats."""
    rows, columns = energy.shape
    x, y = np.linspace(*plane.x, columns), np.linspace(*plane.y, rows)
    axes.contour(x, y, energy, levels=scale.lines, colors="#c9cdd4", linewidths=0.6)
    axes.set(xlim=plane.x, ylim=plane.y)


def _field(axes: Axes, arrays: Arrays, scale: Scale, plane: Plane) -> None:
    """Exact scores as broad grey arrows, the learned ones on them, where there are data."""
    _ground(axes, arrays["exact_energy"], scale, plane)
    arrows = arrays["arrows"]
    options = {"angles": "xy", "scale_units": "xy", "scale": 2.5}
    axes.quiver(*np.moveaxis(arrows, -1, 0), *np.moveaxis(arrays["exact_score"], -1, 0), color="#9aa1ac", width=0.008, **options)
    axes.quiver(*np.moveaxis(arrows, -1, 0), *np.moveaxis(arrays["score"], -1, 0), color="C1", width=0.003, **options)
    axes.set_title("score: learned on exact (grey)")
    maps.name_axes(axes)
