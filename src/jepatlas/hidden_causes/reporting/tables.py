"""The hidden causes' tables in the documents: who recovers the latents, of which worlds."""

import math

from jepatlas.common.base.parameters import section
from jepatlas.common.measuring.measures import Measures
from jepatlas.common.reporting.tables import interval, markdown, measured
from jepatlas.hidden_causes.truth.parameters import Worlds
from jepatlas.hidden_causes.truth.worlds import ARM, number

EXACT = {
    "observation": "least squares from x",
    "eigenfunctions": "predicted: best whitened outputs",
    "gaussianised": "predicted: best Gaussian outputs",
}
BOUND = {  # of Gaussian latents of one correlation
    "alignment gap δ": "delta",
    "whitening gap ε": "epsilon",
    "error": "error",
    "bound": "bound",
}


def tables() -> dict[str, str]:
    """The Markdown of each table by its name."""
    methods, measures = measured("hidden_causes")
    worlds = section("hidden_causes.worlds", Worlds)
    mixings = {name: f"mixings.{name}" for name in worlds.mixings.names} | {"arm": ARM}
    shapes = {f"{alpha:g}": f"shapes.{number(alpha)}" for alpha in worlds.shapes.alphas}
    pairs = {
        f"{a:g} and {b:g}": f"anisotropic.{number(a)}-{number(b)}"
        for a, b in worlds.anisotropic.rhos
    }
    sizes = {str(size): f"dimensions.{size}" for size in worlds.dimensions.sizes}
    names = [*methods, *EXACT]
    return {
        "hidden causes mixings": recovered(measures, names, "mixing", mixings),
        "hidden causes shapes": recovered(measures, names, "alpha", shapes),
        "hidden causes correlations": recovered(measures, names, "correlations", pairs),
        "hidden causes dimensions": recovered(measures, names, "latents", sizes),
        "hidden causes bound": bounds(measures, methods, worlds.mixings.names),
        "hidden causes planning": plans(measures, ["observation", *methods], worlds.mixings.names),
    }


def recovered(measures: Measures, names: list[str], heading: str, worlds: dict[str, str]) -> str:
    """R² of the latents of whoever has one in any of the worlds: mean with interval, and the lowest
    seed where there are several; worlds: by their names for readers."""
    rows = []
    for name in names:
        places = [f"{world}.r2" for world in worlds.values()]
        if any(measures.has(name, place) for place in places):
            rows.append([label(name), *(accuracy(measures, name, place) for place in places)])
    return markdown([heading, *worlds], rows)


def accuracy(measures: Measures, name: str, place: str) -> str:
    if not measures.has(name, place):
        return ""
    found = measures.get(name, place)
    if found.min == found.max:
        return f"{found.mean:.3f}"
    return f"{interval(found)} ({found.min:.3f})"


def bounds(measures: Measures, methods: list[str], mixings: tuple[str, ...]) -> str:
    """What the theorem has of each method, in the world of these where the bound is nearest to the
    error, seed by seed."""
    rows = []
    for name in methods:
        slacks = {
            mixing: measures.get(name, f"mixings.{mixing}.slack").min
            for mixing in mixings
            if measures.has(name, f"mixings.{mixing}.slack")
        }
        if slacks:
            nearest = min(slacks, key=slacks.__getitem__)
            found = (measures.get(name, f"mixings.{nearest}.{key}") for key in BOUND.values())
            rows.append([f"`{name}`", nearest, *map(interval, found), f"{slacks[nearest]:.2g}"])
    return markdown(["method", "mixing", *BOUND, "bound less error, lowest seed"], rows)


def plans(measures: Measures, names: list[str], mixings: tuple[str, ...]) -> str:
    """Length of the planned paths that arrive over the shortest, and the share that arrives."""
    rows = []
    for name in names:
        places = [f"mixings.{mixing}.planning" for mixing in mixings]
        if all(measures.has(name, f"{place}.ratio") for place in places):
            cells = (path(measures, name, place) for place in places)
            rows.append(["x" if name == "observation" else label(name), *cells])
    return markdown(["straight line in", *mixings], rows)


def path(measures: Measures, name: str, place: str) -> str:
    length, arrived = measures.get(name, f"{place}.ratio"), measures.get(name, f"{place}.arrived")
    share = f"{100 * arrived.mean:.0f} %"
    return share if math.isnan(length.mean) else f"{length.mean:.3f}, {share}"


def label(name: str) -> str:
    return EXACT.get(name, f"`{name}`")
