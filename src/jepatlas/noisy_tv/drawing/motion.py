"""Pictures of states over time: the truth, and what models predict one step ahead."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from jepatlas.common.drawing.looks import label
from jepatlas.common.drawing.style import SIDE, Frame, animate, figure, head, place, write_text
from jepatlas.noisy_tv.drawing.looks import RECIPES, looks

Drawn = Mapping[str, npt.NDArray[Any]]

DOCUMENT = ("vae", "ar", "jepa", "vjepa", "bjepa")  # the document's own are shown first
BESIDE = ("pred_vae", "gated_ae")  # that come with them; what is neither is somebody's own
GOING = (*BESIDE[::-1], "bjepa", "ar", "jepa", "vjepa", "vae")  # in this order, where room is short
NINETY = 1.645  # standard deviations to each side that hold 90 % of a Gaussian
TRUE = "#b4b9c4"  # a broad line, on which a thin one is seen wherever it lies
TRAIL = 15  # steps behind the moving point of a phase plane


def chosen(names: Sequence[str], count: int) -> list[str]:
    """The models of a picture that has room for `count`: the document's, as far as they leave room
    for those of one's own, which come last."""
    own = [name for name in names if name not in GOING][:count]
    known = [name for name in (*DOCUMENT, *BESIDE) if name in names]
    gone = [name for name in GOING if name in known][: max(len(known) + len(own) - count, 0)]
    return [*(name for name in known if name not in gone), *own]


def at_scale(drawn: Drawn, scale: float) -> Drawn:
    """What `evaluate` drew at one noise scale of `[scales, ...]`."""
    found = {}
    for key, array in drawn.items():
        recipe, name = key.split("/")
        if name != "scales":
            found[key] = array[drawn[f"{recipe}/scales"].tolist().index(scale)]
    return found


def prediction(drawn: Drawn, scale: float, names: Sequence[str]) -> Figure:
    """True and predicted s_0 over time, with the 90 % interval of a model that has one."""
    shown, known = chosen(names, 4), looks(names)
    believing = next((name for name in reversed(shown) if f"default/{name}_std" in drawn), None)
    page = figure(8.6, 1.6 + 1.05 * len(shown))
    head(
        page,
        "One step ahead",
        f"The first component of the signal, in grey, and its predictions, $\\sigma = {scale:g}$.",
        *([_band_in_words(drawn, believing)] if believing else []),
    )
    for column, recipe in enumerate(RECIPES):
        true = drawn[f"{recipe}/true"][:, 0]
        paths = {name: drawn[f"{recipe}/{name}"][:, 0] for name in shown}
        reach = 1.1 * max(np.abs(path).max() for path in (true, *paths.values()))
        time = np.arange(1, len(true) + 1)
        for row, (name, path) in enumerate(paths.items()):
            axes = place(page, 0.85 + 3.9 * column, 1.2 + 1.05 * row, 3.6, 0.9)
            colour = known[name]["color"]
            if recipe == "default" and name == believing:
                half = NINETY * _std(drawn, recipe, name)
                band = {"color": colour, "alpha": 0.25, "linewidth": 0}
                axes.fill_between(time, path - half, path + half, **band)
            axes.plot(time, true, color=TRUE, linewidth=2.2)
            axes.plot(time, path, color=colour, linewidth=1.1)
            axes.set(xlim=(1, len(true)), ylim=(-reach, reach))
            axes.tick_params(labelbottom=row == len(shown) - 1, labelleft=column == 0)
            if row == 0:
                axes.set_title(RECIPES[recipe])
            if column == 0:
                axes.set_ylabel(f"{label(name)}\n$s_0$", color=colour)
        axes.set_xlabel("step of the test part")
    return page


def phase_plane(drawn: Drawn, scale: float, names: Sequence[str]) -> Iterator[Frame]:
    """The moving phase plane (s_0, s_1): the truth in black, a model per panel."""
    known = looks(names)
    page = figure(7.2, 4.4, dpi=110)
    head(
        page,
        "Phase plane",
        f"$(s_0, s_1)$ at $\\sigma = {scale:g}$: the truth in black, the prediction in colour.",
    )
    reach = 1.15 * np.abs(drawn["default/true"][:, :2]).max()
    moving: list[tuple[Any, Any, npt.NDArray[Any]]] = []
    for row, (recipe, title) in enumerate(RECIPES.items()):
        for column, name in enumerate(chosen(names, 5)):
            axes = place(page, 0.6 + 1.3 * column, 0.95 + 1.65 * row, 1.2, 1.2)
            axes.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[])
            axes.set_title(label(name))
            if column == 0:
                axes.set_ylabel("$s_1$")
                write_text(page, 0.25, 1.55 + 1.65 * row, title, **SIDE)
            if row == 1:
                axes.set_xlabel("$s_0$")
            for key, colour in (("true", "black"), (name, known[name]["color"])):
                (trail,) = axes.plot([], [], color=colour, linewidth=0.9)
                (point,) = axes.plot([], [], "o", color=colour, markersize=3.5)
                moving.append((trail, point, drawn[f"{recipe}/{key}"][:, :2]))

    def update(number: int) -> None:
        for trail, point, path in moving:
            trail.set_data(*path[max(0, number - TRAIL) : number + 1].T)
            point.set_data(*path[number : number + 1].T)

    artists = [artist for trail, point, _ in moving for artist in (trail, point)]
    return animate(page, artists, len(drawn["default/true"]), update)


def _std(drawn: Drawn, recipe: str, name: str) -> float:
    return float(drawn[f"{recipe}/{name}_std"][0])


def _band_in_words(drawn: Drawn, name: str) -> str:
    width = NINETY * _std(drawn, "as_published", name)
    return (
        f"Band: 90 % interval of {label(name)}, default recipe; as published it is "
        f"$\\pm${width:.2g} around the prediction."
    )
