"""The mixture's section of the page: every method through training, as fields over the plane.

What `evaluate` wrote of a method is packed for a browser, which redraws landscapes from it; no
network is needed here.
"""

from pathlib import Path
from typing import Any

import contourpy
import numpy as np
import numpy.typing as npt

from jepatlas.common.base.parameters import Fraction, InputError, scalar, section, value
from jepatlas.common.base.storage import read_arrays
from jepatlas.common.reporting import packing
from jepatlas.common.reporting.packing import Arrays
from jepatlas.common.reporting.page import Section, asset, fill
from jepatlas.mixture.track import TITLE
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import Landscape

DATA = Path("data/mixture")
DOTS = 300
FINE = 162  # points per side of the grid that contours are found on
HELD = (0.5, 0.9, 0.99)  # share of the density inside each contour
SPELLED = {  # where the name in params.yaml is not what people write
    "contrastive": "Contrastive",
    "dsm": "DSM",
    "ism": "ISM",
    "jepa": "JEPA",
    "jepa_pairwise": "JEPA, all pairs",
    "jepa_masked": "JEPA, masked",
    "jepa_ema": "JEPA, EMA target",
    "vicreg": "VICReg",
    "barlow_twins": "Barlow Twins",
    "lejepa": "LeJEPA",
}


def page() -> Section:
    """The section, from the files of the current folder."""
    points = read_arrays(DATA / "points.npz")
    evaluated = {
        name: read_arrays(DATA / "evaluated" / f"{name}.npz") for name in value("mixture.methods")
    }
    methods = [method(name, arrays) for name, arrays in evaluated.items()]
    side = int(next(iter(evaluated.values()))["field_side"])
    data = world(
        points,
        section("mixture.landscape", Landscape),
        scalar("mixture.evaluation.collapsed", Fraction),
    )
    scripts = [asset(__package__, f"{name}.js") for name in ("plane", "mixture")]
    html = fill(asset(__package__, "section.html"), {"methods": str(len(methods))})
    return Section(TITLE, html, scripts, {**data, "side": side, "methods": methods})


def label(name: str) -> str:
    """A method's name as people write it."""
    return SPELLED.get(name, name.replace("_", " "))


def method(name: str, evaluated: Arrays) -> dict[str, Any]:
    """The states of one method; evaluated: the arrays that `mixture_evaluate` wrote of it."""
    try:
        steps = evaluated["field_steps"].tolist()
        states = [state(evaluated, moment) for moment in range(len(steps))]
        spread = spreads(evaluated, steps)
    except KeyError as missing:
        raise InputError(
            f"{DATA / 'evaluated' / name}.npz: lacks {missing}; `dvc repro` makes it anew"
        ) from None
    return {
        "name": name,
        "label": label(name),
        "kind": "score" if "field_nats" in evaluated else "embedding",
        "unit": int(evaluated.get("field_unit", 1)),
        "nats": int(evaluated.get("field_nats", 1)),
        "states": [
            {"at": step, "spread": width, **packed}
            for step, width, packed in zip(steps, spread, states, strict=True)
        ],
    }


def state(evaluated: Arrays, moment: int) -> dict[str, Any]:
    """The fields of one moment, packed: of an energy, or of unit embeddings by the encoder and,
    where landscapes are seen from another one, by that."""
    if "field_nats" in evaluated:
        return {"energy": packing.fields(evaluated[f"energy_{moment}"][None])}
    field = evaluated[f"field_{moment}"]
    target = evaluated.get(f"target_{moment}")
    packed = None if target is None else packing.fields(target)
    return {"rank": len(field), "online": packing.fields(field), "target": packed}


def spreads(evaluated: Arrays, steps: list[int]) -> list[float | None]:
    """The spread of the first member's unit embeddings after each of these steps."""
    if "spread" not in evaluated:
        return [None] * len(steps)
    by_step = zip(evaluated["snapshot_steps"].tolist(), evaluated["spread"][:, 0], strict=True)
    found = dict(by_step)
    return [float(f"{found[step]:.3g}") for step in steps]


def world(points: Arrays, plane: Landscape, collapsed: float) -> dict[str, Any]:
    """What all panels have in common: the plane, the points and the true density."""
    mixture = Mixture(points["weights"], points["means"], points["covariances"])
    return {
        "x": list(plane.x),
        "y": list(plane.y),
        "collapsed": collapsed,
        "means": np.round(mixture.means, 3).tolist(),
        "points": np.round(points["test"][:DOTS], 2).tolist(),
        "contours": contours(mixture, points["test"], plane),
    }


def contours(mixture: Mixture, points: npt.NDArray[Any], plane: Landscape) -> list[Any]:
    """Lines of equal true density that hold `HELD` of it: `[lines][points][2]`."""
    x, y = np.linspace(*plane.x, FINE), np.linspace(*plane.y, FINE)
    density = mixture.log_density(np.stack(np.meshgrid(x, y), axis=-1))
    found = contourpy.contour_generator(x, y, density)
    levels = np.quantile(mixture.log_density(points), 1 - np.array(HELD))
    lines: list[Any] = [line for level in levels for line in found.lines(level)]
    return [np.round(line, 2).tolist() for line in lines]
