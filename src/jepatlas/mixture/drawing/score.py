"""What a method that learns an energy by its gradient makes of -log p, and samples of it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from jepatlas.common.drawing import style
from jepatlas.mixture.drawing import maps
from jepatlas.mixture.drawing.maps import Arrays, Plane, Scale, Scene

LEFT, TOP = 0.75, 1.35  # inches to the first map
MAP, GAP = 2.35, 0.1
ARROWS = 2.5  # of a score, to a unit of the plane


def figure(name: str, arrays: Arrays, metrics: dict[str, Any], scene: Scene) -> Figure:
    """Energy and score beside the exact ones, and Langevin samples beside exact ones.

    arrays, metrics: as `evaluation.evaluate` returns them.
    """
    plane, height = scene.plane, MAP * scene.plane.ratio
    below = TOP + height + 0.85  # top of the second row
    lefts = [LEFT, LEFT + MAP + GAP, LEFT + 2 * (MAP + GAP) + 1.1]
    page = style.figure(lefts[2] + MAP + 0.2, below + height + 0.45)
    score = metrics["score"]
    style.head(
        page,
        maps.title(name),
        f"Relative Fisher error {maps.mean(score['fisher_error'])},   correlation of the energy "
        rf"with $-\log\,p_\sigma$ {maps.mean(score['energy_correlation'])}",
        r"$p_\sigma$: density of the data smoothed by $N(0, \sigma^2 I)$. "
        f"Maps and samples: {scene.member}.",
        "Distance: sliced Wasserstein, from exact samples. "
        f"Numbers: {scene.numbers} ($\\pm$ 95 % interval).",
    )

    scale = maps.nats(arrays["exact_energy"])
    row = [style.place(page, left, TOP, MAP, height) for left in lefts]
    bar = style.place(page, lefts[1] + MAP + GAP, TOP, 0.1, height)
    _energies(row[:2], bar, arrays, scale, plane)
    _field(row[2], arrays, scale, plane)
    _samples(
        [style.place(page, left, below, MAP, height) for left in lefts],
        arrays,
        metrics,
        scale,
        plane,
    )
    return page


def _energies(pair: list[Axes], bar: Axes, arrays: Arrays, scale: Scale, plane: Plane) -> None:
    """What was learned, and what is exact."""
    learned, exact = pair
    learned.set_title("learned energy")
    image = maps.draw_map(learned, arrays["energy"], scale, plane)
    maps.name_axes(learned)
    exact.set_title(r"exact $-\log\,p_\sigma$")
    maps.draw_map(exact, arrays["exact_energy"], scale, plane)
    maps.name_axes(exact, left=False)
    maps.energy_bar(bar, image, scale)


def _samples(
    row: list[Axes], arrays: Arrays, metrics: dict[str, Any], scale: Scale, plane: Plane
) -> None:
    """Of both kinds of chains at their ends, and exact ones."""
    sampling = metrics["sampling"]
    samples = {
        "unadjusted": arrays["unadjusted_path"][-1],
        "adjusted": arrays["adjusted_path"][-1],
        "exact": arrays["exact_samples"],
    }
    for axes, (kind, points) in zip(row, samples.items(), strict=True):
        maps.draw_samples(axes, points, arrays["exact_energy"], scale, plane)
        distance = maps.number(sampling[kind]["sliced_wasserstein"]["mean"])
        if kind == "exact":
            axes.set_title(f"exact samples\ndistance of two such {distance}")
        else:
            share = maps.number(sampling[kind]["of_exact"]["mean"])
            axes.set_title(
                f"Langevin samples, {kind}\ndistance {distance}, {share} $\\times$ exact"
            )
        maps.name_axes(axes, left=kind != "adjusted")


def frames(name: str, arrays: Arrays, scene: Scene) -> Iterator[style.Frame]:
    """Langevin chains on their way through the learned energy."""
    path = arrays["unadjusted_path"]  # [times, chains, 2]
    scale = maps.nats(arrays["exact_energy"])
    about = f"Langevin chains in the energy of {scene.member}"
    page, axes, bar = maps.moving(name, about, scene.plane)
    image = maps.draw_map(axes, arrays["energy"], scale, scene.plane)
    maps.energy_bar(bar, image, scale)
    dots = maps.draw_dots(axes, path[0], size=5)
    clock = style.write_text(page, 3.25, 0.12, "", ha="right")
    steps = np.linspace(0, scene.langevin_steps, len(path)).round().astype(int)

    def update(number: int) -> None:
        dots.set_offsets(path[number, : maps.DOTS])
        clock.set_text(f"step {steps[number]} of {steps[-1]}")

    return style.animate(page, [dots, clock], len(path), update)


def _field(axes: Axes, arrays: Arrays, scale: Scale, plane: Plane) -> None:
    """Exact scores in grey and, from the tip of each, what the learned one adds: laid on each
    other, two arrows that nearly agree hide one. Only where there are data."""
    exact_energy, arrows = arrays["exact_energy"], arrays["arrows"]
    # The arrows' own points are a coarser grid on the same plane.
    rows, columns = (
        np.linspace(0, fine - 1, coarse).round().astype(int)
        for fine, coarse in zip(exact_energy.shape, arrows.shape[:2], strict=True)
    )
    seen = exact_energy[np.ix_(rows, columns)] < scale.high
    maps.draw_lines(axes, exact_energy, scale, plane)
    start, exact, learned = arrows[seen], arrays["exact_score"][seen], arrays["score"][seen]
    tip = start + exact / ARROWS
    for place, arrow, colour, width in [
        (start, exact, "#8f96a3", 0.005),
        (tip, learned - exact, "C1", 0.007),
    ]:
        axes.quiver(
            *place.T,
            *arrow.T,
            color=colour,
            width=width,
            angles="xy",
            scale_units="xy",
            scale=ARROWS,
            headwidth=2.5,
            headlength=3,
            headaxislength=3,
        )
    axes.set_title("score: exact (grey), learned less exact (red)")
    maps.name_axes(axes)
