"""The mixture's section of the page: every method through training, as fields over the plane.

What `evaluate` wrote of each default recipe is packed for a browser, which redraws landscapes from
it; no network is needed here.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import contourpy
import numpy as np
import numpy.typing as npt

from jepatlas.common.base.parameters import Fraction, InputError, scalar, section, value
from jepatlas.common.base.storage import read_arrays
from jepatlas.common.drawing.looks import COLOURS, label
from jepatlas.common.measuring.measures import Measures
from jepatlas.common.reporting import packing
from jepatlas.common.reporting.cards import cards
from jepatlas.common.reporting.headlines import Column, headlines, one_of
from jepatlas.common.reporting.packing import Arrays
from jepatlas.common.reporting.page import Section, asset, fill, folded, measures, still
from jepatlas.mixture.drawing.album import arrays_of
from jepatlas.mixture.reporting.cards import CARDS
from jepatlas.mixture.reporting.curves import curves
from jepatlas.mixture.reporting.flow import flow
from jepatlas.mixture.reporting.masked import masked
from jepatlas.mixture.reporting.optimum import optimum
from jepatlas.mixture.reporting.story import story as steps
from jepatlas.mixture.track import TITLE
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import Landscape
from jepatlas.mixture.truth.recipes import DEFAULT, PUBLISHED, mixture_of
from jepatlas.mixture.truth.world import LAYOUT, POINTS

DATA = Path("data/mixture")
DOTS = 300
FIELDS = 4_300_000  # letters that all fields may take, of 8 MB for the whole page
COARSER = 2  # steps of what was evaluated in one here: an energy is within a hundredth or two
FINE = 162  # points per side of the grid that contours are found on
HELD = (0.5, 0.9, 0.99)  # share of the density inside each contour
SCRIPTS = ("plane", "objectives", "curves", "members", "linked", "wipe", "flow", "live", "mixture")
LIVE = ("contrastive", "jepa", "jepa_ema", "vicreg", "barlow_twins", "lejepa", "dsm")
EMBEDDINGS = {  # headings: measures of joint embeddings, by the default recipe
    "wells where points are (AUROC)": "landscape.auroc",
    "spread (0 is collapsed)": "collapse.spread",
    "accuracy of 10-NN, as a share of Bayes'": "clusters.knn_of_bayes",
    "loss above the exact optimum": "optimum.regret",
}
SCORES = {  # of score matching
    "error of the score (Fisher)": "score.fisher_error",
    "correlation with the true energy": "score.energy_correlation",
    "Langevin samples' error, of exact": "sampling.unadjusted.of_exact",
}
EMBEDDINGS_AS_PUBLISHED = {  # by the other recipe
    "AUROC, as published": "landscape.auroc",
    "spread, as published": "collapse.spread",
}
SCORES_AS_PUBLISHED = {"error of the score, as published": "score.fisher_error"}


def page() -> Section:
    """The section, from the files of the current folder."""
    evaluated = {
        name: arrays_of(DEFAULT, DATA / "evaluated" / f"{name}.npz")
        for name in value("mixture.methods")
    }
    side = int(next(iter(evaluated.values()))["field_side"])
    own = scalar("mixture.mixture", str)
    worlds = {
        name: read_arrays(POINTS / f"{name}.npz", LAYOUT)
        for name in {own, *map(mixture_of, evaluated)}
    }
    plane = section("mixture.landscape", Landscape)
    found = [
        method(name, arrays, worlds[mixture_of(name)], plane) for name, arrays in evaluated.items()
    ]
    methods = within(FIELDS, found)
    data = world(worlds[own], plane, scalar("mixture.evaluation.collapsed", Fraction))
    scripts = [asset(__package__, f"{name}.js") for name in SCRIPTS]
    names = {one["name"]: one["label"] for one in methods}
    story = steps(methods, data["collapsed"])
    measured = Measures.read("mixture")
    html = fill(
        asset(__package__, "section.html"),
        {
            "methods": str(len(methods)),
            "headlines": numbers(names, measured),
            "cards": cards(names, CARDS),
            "measures": folded(measures("mixture", names)),
        },
    )
    grounds = {name: ground(points, plane) for name, points in sorted(worlds.items())}
    shown = {**data, "grounds": grounds, "side": side, "methods": methods, "live": live()}
    shown["masked"] = masked(
        {name: worlds[mixture_of(name)] for name in names}, names, measured, plane
    )
    picture = still(Path("plots/mixture/pictures/sheet.png"))
    return Section(TITLE, html, scripts, shown, names, picture, story)


def numbers(names: Mapping[str, str], measured: Measures) -> str:
    """Two small tables, as embeddings and scores are measured by other numbers."""

    def columns(recipe: str, wanted: Mapping[str, str]) -> dict[str, Column]:
        return {words: one_of(measured, f"{recipe}.{name}") for words, name in wanted.items()}

    joint = columns(DEFAULT, EMBEDDINGS) | columns(PUBLISHED, EMBEDDINGS_AS_PUBLISHED)
    score = columns(DEFAULT, SCORES) | columns(PUBLISHED, SCORES_AS_PUBLISHED)
    return headlines("Joint embeddings", names, joint) + headlines("Scores", names, score)


def live() -> dict[str, Any]:
    """What is trained in the browser, and the code of the worker that does it."""
    parts = (asset(__package__, f"live_{name}.js") for name in ("objectives", "network", "worker"))
    return {"labels": {name: label(name) for name in LIVE}, "code": "\n".join(parts)}


def method(name: str, evaluated: Arrays, ground: Arrays, plane: Landscape) -> dict[str, Any]:
    """The states of one method, and what was measured of it at the end.

    evaluated: the arrays that `mixture_evaluate` wrote of it; ground: the points of its mixture.
    """
    try:
        followed, flowing = curves(evaluated), flow(evaluated, plane)
        landscapes = members(evaluated)
        steps = evaluated["field_steps"].tolist()
        states = [state(evaluated, moment) for moment in range(len(steps))]
        spread = spreads(evaluated, steps)
    except KeyError as missing:
        file, lacks = DATA / "evaluated" / f"{name}.npz", f"{DEFAULT}/{missing.args[0]}"
        raise InputError(f"{file}: lacks {lacks}; `dvc repro` makes it anew") from None
    return {
        "name": name,
        "label": label(name),
        "ground": mixture_of(name),
        "kind": "score" if "field_nats" in evaluated else "embedding",
        "nats": int(evaluated.get("field_nats", 1)),
        "curves": followed,
        "flow": flowing,
        "members": landscapes,
        "optimum": optimum(evaluated, ground, plane),
        "states": [
            {"at": step, "spread": width, **packed}
            for step, width, packed in zip(steps, spread, states, strict=True)
        ],
    }


def state(evaluated: Arrays, moment: int) -> dict[str, Any]:
    """The fields of one moment, packed: of an energy, or of what unit embeddings deviate from their
    mean by the encoder and, where landscapes are seen from another one, by that."""
    if "field_nats" in evaluated:
        return {"energy": packing.fields(evaluated[f"energy_{moment}"][None])}
    field, target = evaluated[f"field_{moment}"], evaluated.get(f"target_{moment}")
    fine = {key: evaluated[f"{key}_{moment}"].ravel() for key in ("step", "offset", "rounding")}
    fine["step"] = COARSER * fine["step"]
    numbers = {key: [float(f"{one:.6g}") for one in found] for key, found in fine.items()}
    return {
        "online": packed(field),
        "target": None if target is None else packed(target),
        **numbers,
    }


def packed(field: npt.NDArray[Any]) -> str:
    """Fields `[axes, side, side]` in coarser steps."""
    return packing.fields(np.round(field / COARSER))


def within(letters: int, methods: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The methods with as many of their states as may be kept, the first and the last among them;
    however many methods there are, the page stays small."""
    most = max(len(method["states"]) for method in methods)
    for count in range(most, 1, -1):
        kept = [{**method, "states": spaced(method["states"], count)} for method in methods]
        if sum(size(state) for method in kept for state in method["states"]) <= letters:
            break
    return kept


def spaced(states: list[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    """So many of the states, evenly from the first to the last; all where there are fewer."""
    places = np.linspace(0, len(states) - 1, min(count, len(states))).round().astype(int)
    return [states[place] for place in places]


def size(state: dict[str, Any]) -> int:
    return sum(len(item) for item in state.values() if isinstance(item, str))


def members(evaluated: Arrays) -> dict[str, Any]:
    """The landscapes of all members at the end of training, packed; `star`: the reference."""
    found, star = evaluated["members"], evaluated.get("members_reference")
    return {
        "side": found.shape[-1],
        "step": float(evaluated["members_step"]),
        "star": None if star is None else np.round(star, 3).tolist(),
        "fields": packing.fields(found),
    }


def spreads(evaluated: Arrays, steps: list[int]) -> list[float | None]:
    """The spread of the first member's unit embeddings after each of these steps."""
    if "spread" not in evaluated:
        return [None] * len(steps)
    by_step = zip(evaluated["snapshot_steps"].tolist(), evaluated["spread"][:, 0], strict=True)
    found = dict(by_step)
    return [float(f"{found[step]:.3g}") for step in steps]


def world(points: Arrays, plane: Landscape, collapsed: float) -> dict[str, Any]:
    """What all panels have in common: the plane, and the track's own mixture."""
    mixture = Mixture(points["weights"], points["means"], points["covariances"])
    return {
        "x": list(plane.x),
        "y": list(plane.y),
        "collapsed": collapsed,
        "colours": COLOURS,
        "weights": mixture.weights.tolist(),
        "means": np.round(mixture.means, 3).tolist(),
        "covariances": mixture.covariances.tolist(),
    }


def ground(points: Arrays, plane: Landscape) -> dict[str, Any]:
    """What is drawn on the panels of the methods of one mixture: points, and the true density."""
    mixture = Mixture(points["weights"], points["means"], points["covariances"])
    return {
        "points": np.round(points["test"][0, :DOTS], 2).tolist(),
        "contours": contours(mixture, points["test"][0], plane),
    }


def contours(mixture: Mixture, points: npt.NDArray[Any], plane: Landscape) -> list[Any]:
    """Lines of equal true density that hold `HELD` of it: `[lines][points][2]`."""
    x, y = np.linspace(*plane.x, FINE), np.linspace(*plane.y, FINE)
    density = mixture.log_density(np.stack(np.meshgrid(x, y), axis=-1))
    found = contourpy.contour_generator(x, y, density)
    levels = np.quantile(mixture.log_density(points), 1 - np.array(HELD))
    lines: list[Any] = [line for level in levels for line in found.lines(level)]
    return [np.round(line, 2).tolist() for line in lines]
