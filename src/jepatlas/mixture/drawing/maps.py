"""Maps of an energy over the plane, which every picture of this track is made of."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from jepatlas.common.drawing import style

Array = npt.NDArray[Any]
Arrays = dict[str, Array]

DOTS = 300  # held-out points drawn
REFERENCES = 6  # drawn at most: more would be too small to read
CLIP = 12  # nats above the lowest exact energy at which a map of energies ends
ENERGY = r"$E(x; x_{ref}) = -\cos(f(x), g(x_{ref}))$"


class Plane(NamedTuple):
    """The drawn part of the plane."""

    x: tuple[float, float]
    y: tuple[float, float]

    @property
    def ratio(self) -> float:
        """Height of a map by its width. A map of a long and narrow part is not to scale."""
        return float(np.clip((self.y[1] - self.y[0]) / (self.x[1] - self.x[0]), 0.5, 2))


@dataclass(frozen=True)
class Scene:
    """What the pictures of all methods have in common.

    members: networks per method; collapsed: the spread below
    which an embedding counts as collapsed; langevin_steps: steps of each Langevin chain.
    """

    plane: Plane
    members: int
    collapsed: float
    langevin_steps: int

    @property
    def member(self) -> str:
        """Whose maps are drawn."""
        return "the only network" if self.members == 1 else f"the first of {self.members} networks"

    @property
    def numbers(self) -> str:
        """What the numbers of a picture are."""
        return "of that network" if self.members == 1 else "means over the networks"


@dataclass(frozen=True)
class Scale:
    """What a colour stands for: dark at `low` to light at `high`, in `levels` bands.

    line: every how many bands a line is drawn.
    """

    low: float
    high: float
    levels: int
    line: int
    colours: str

    @property
    def lines(self) -> Array:
        """The energies at which a line is drawn."""
        return np.linspace(self.low, self.high, self.levels + 1)[self.line : -1 : self.line]


COSINES = Scale(-1, 1, levels=20, line=5, colours="viridis")


def nats(exact_energy: Array) -> Scale:
    """The scale of energies: from the lowest exact one to `CLIP` above it, half a nat per band."""
    low = float(exact_energy.min())
    return Scale(low, low + CLIP, levels=2 * CLIP, line=4, colours="magma")


def own(energy: Array) -> Scale:
    """The scale from the lowest to the highest of these energies."""
    low, high = float(energy.min()), float(energy.max())
    # Equal ends would leave no scale: 1e-7 is the resolution of float32 near -1.
    return Scale(low, max(high, low + 1e-7), COSINES.levels, COSINES.line, COSINES.colours)


def draw_map(
    axes: Axes, energy: Array, scale: Scale, plane: Plane, lines: bool = True
) -> AxesImage:
    """The energy `[rows, columns]`, row by row from below, in bands like a topographic map."""
    rows, columns = energy.shape
    half_x = (plane.x[1] - plane.x[0]) / (columns - 1) / 2  # a pixel's centre is its grid point
    half_y = (plane.y[1] - plane.y[0]) / (rows - 1) / 2
    image = axes.imshow(
        energy,
        origin="lower",
        extent=(plane.x[0] - half_x, plane.x[1] + half_x, plane.y[0] - half_y, plane.y[1] + half_y),
        aspect="auto",
        cmap=style.bands(scale.colours, scale.levels),
        norm=Normalize(scale.low, scale.high),
        interpolation="bilinear",
        interpolation_stage="data",  # so that the bands have smooth borders
    )
    levels = scale.lines[(scale.lines > energy.min()) & (scale.lines < energy.max())]
    if lines and len(levels):
        axes.contour(
            np.linspace(*plane.x, columns),
            np.linspace(*plane.y, rows),
            energy,
            levels=levels,
            colors="white",
            linewidths=0.5,
            linestyles="solid",
            alpha=0.6,
        )
    frame(axes, plane)
    return image


def draw_lines(axes: Axes, energy: Array, scale: Scale, plane: Plane) -> None:
    """Lines of equal energy only, as the ground for something else."""
    rows, columns = energy.shape
    x, y = np.linspace(*plane.x, columns), np.linspace(*plane.y, rows)
    axes.contour(x, y, energy, levels=scale.lines, colors="#c9cdd4", linewidths=0.6)
    frame(axes, plane)


def draw_samples(
    axes: Axes, samples: Array, energy: Array, scale: Scale, plane: Plane, size: float = 3
) -> None:
    """Samples on the lines of the exact energy."""
    draw_lines(axes, energy, scale, plane)
    axes.scatter(samples[:, 0], samples[:, 1], s=size, color="C0", linewidths=0)


def frame(axes: Axes, plane: Plane) -> None:
    """The limits of the plane; a thin line around it."""
    axes.set(xlim=plane.x, ylim=plane.y)
    axes.spines[:].set(visible=True, color="#c9cdd4", linewidth=0.5)


def draw_dots(axes: Axes, points: Array, size: float = 3) -> PathCollection:
    """Points, white with a thin dark edge: seen on dark and on light ground."""
    edge: Any = {"edgecolors": "#00000080", "linewidths": 0.14 * size**0.5}
    return axes.scatter(points[:DOTS, 0], points[:DOTS, 1], s=size, color="white", **edge)


def draw_star(axes: Axes, reference: Array, size: float = 110) -> PathCollection:
    """The reference of a landscape."""
    edge: Any = {"edgecolors": "white", "linewidths": 0.08 * size**0.5}
    return axes.scatter(reference[0], reference[1], marker="*", s=size, color=style.STAR, **edge)


def name_axes(axes: Axes, left: bool = True, bottom: bool = True) -> None:
    """Names and numbers on the outer sides of a block of maps only."""
    axes.xaxis.set_major_locator(MaxNLocator(4, prune="both"))
    axes.yaxis.set_major_locator(MaxNLocator(4, prune="both"))
    if bottom:
        axes.set_xlabel("$x_1$", labelpad=1)
    if left:
        axes.set_ylabel("$x_2$", labelpad=1)
    axes.tick_params(labelleft=left, labelbottom=bottom)


def energy_bar(axes: Axes, image: AxesImage, scale: Scale) -> None:
    """The colour bar of energies, which ends where the maps are clipped."""
    ticks = np.arange(np.ceil(scale.low), scale.high, 2)
    style.colour_bar(axes, image, f"nats, clipped at {scale.high:.3g}", ticks)


def at(reference: Array, digits: int = 3) -> str:
    """A point in words: `(5, 3.5)`."""
    return f"({', '.join(number(coordinate, digits) for coordinate in reference)})"


def title(name: str) -> str:
    """A method's name as it stands in params.yaml, in words."""
    return name.replace("_", " ")


def number(value: float | None, digits: int = 3) -> str:
    """A number to read; one that is not known is None, as in the metrics."""
    if value is None:
        return "?"
    if value != 0 and abs(value) < 1e-3:
        mantissa, exponent = f"{value:.{min(digits, 2) - 1}e}".split("e")
        return rf"${mantissa} \cdot 10^{{{int(exponent)}}}$"
    return f"{value:.{digits}g}".replace("-", "\N{MINUS SIGN}")


def mean(summary: dict[str, float | None]) -> str:
    """Mean over the members and, of several members, its 95 % interval."""
    half_width = summary["ci95"]
    interval = "" if half_width is None else rf" $\pm$ {number(half_width, 1)}"
    return number(summary["mean"]) + interval


def moving(
    name: str, about: str, plane: Plane, page_width: float = 4.0
) -> tuple[Figure, Axes, Axes]:
    """The page of an animation: the axes of its map, and those of the colour bar."""
    width, height = 2.75, 2.75 * plane.ratio
    page = style.figure(page_width, height + 1.1, dpi=100)
    style.write_text(page, 0.5, 0.12, title(name), weight="bold", size=11)
    style.write_text(page, 0.5, 0.36, about, color=style.FAINT)
    axes = style.place(page, 0.5, 0.62, width, height)
    name_axes(axes)
    return page, axes, style.place(page, 0.5 + width + 0.08, 0.62, 0.1, height)
