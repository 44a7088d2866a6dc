"""The mixture's methods through training, as fields over the plane that a browser can redraw.

A landscape E(x; x_ref) = -cos(f(x), g(x_ref)) needs the unit embeddings of the grid points only:
moving the reference is then one dot product per point. Rotated to their principal axes, a dozen
or two of the 64 coordinates hold all but `LOST` of every unit vector, and one for what collapsed.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import contourpy
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load

from jepatlas.common.base.parameters import InputError
from jepatlas.common.reporting import packing
from jepatlas.common.reporting.packing import Arrays
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import Landscape

Floats = npt.NDArray[np.float32]

SIDE = 81  # grid points per side: a quarter of a unit apart on the published plane
MOMENTS = 14  # states of each method on the slider
EARLY = 5  # the first step after 0 that is of interest
UNIT = 500  # steps in a coordinate of length 1
LOST = 0.004  # most that a unit vector may lose of its squared length
NATS = 100  # steps in a nat
CEILING = 300  # nats above the lowest energy at which a field ends
DOTS = 300
HELD = (0.5, 0.9, 0.99)  # share of the density inside each contour
LABELS = {
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


def label(name: str) -> str:
    return LABELS.get(name, name.replace("_", " "))


def plane_points(plane: Landscape) -> Floats:
    """The grid, `[SIDE * SIDE, 2]`, row by row from below."""
    x, y = np.linspace(*plane.x, SIDE), np.linspace(*plane.y, SIDE)
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2).astype(np.float32)


# The networks of one member, from their tensors


class States:
    """What `mixture_train` kept of one method, of which only the first member is looked at."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._tensors = load(path.read_bytes())
            self.steps = sorted({int(n.split("/")[0]) for n in self._tensors if "/" in n})
        except FileNotFoundError:
            raise InputError(f"{path}: no such file; `dvc repro` makes it") from None
        except (SafetensorError, OSError, ValueError) as error:
            raise InputError(f"{path}: damaged, or not a safetensors file ({error})") from None
        if not self.steps:
            raise InputError(f"{path}: holds no snapshot")

    def has(self, name: str) -> bool:
        """Whether the networks have this tensor."""
        return f"{self.steps[0]}/{name}" in self._tensors

    def tensor(self, step: int, name: str) -> Floats:
        """A tensor of the first member, without the axis of members."""
        found: Floats | None = self._tensors.get(f"{step}/{name}")
        if found is None:
            raise InputError(f"{self.path}: lacks {step}/{name}; `dvc repro` makes it anew")
        return np.asarray(found[0])

    def embedding(self, step: int, part: str, x: Floats) -> Floats:
        """The encoder `part`, or `average` for the target, at x: `[n, 2] -> [n, dim]`."""
        return self._mlp(step, f"{part}.1", self._standard(step, f"{part}.0", x), _relu)

    def energy(self, step: int, x: Floats) -> Floats:
        """The scalar energy at x: `[n, 2] -> [n]`."""
        u = self._standard(step, "online.standardize", x)
        learned = self._mlp(step, "online.mlp", u, np.tanh)[:, 0]
        return np.asarray(learned + (u * u).sum(axis=1) / 2)

    def _standard(self, step: int, name: str, x: Floats) -> Floats:
        mean, scale = (self.tensor(step, f"{name}.{kind}") for kind in ("mean", "scale"))
        return np.asarray((x - mean) / scale)

    def _mlp(self, step: int, name: str, h: Floats, activation: Any) -> Floats:
        layer = 0
        while self.has(f"{name}.layers.{layer}.weight"):
            if layer:
                h = activation(h)
            weight, bias = (
                self.tensor(step, f"{name}.layers.{layer}.{kind}") for kind in ("weight", "bias")
            )
            h = h @ weight + bias
            layer += 1
        return h


def _relu(x: Floats) -> Floats:
    return np.maximum(x, 0)


def moments(steps: Sequence[int]) -> list[int]:
    """At most `MOMENTS` of the kept steps: the first, then evenly in the logarithm to the last."""
    wanted = [0.0, *np.geomspace(min(EARLY, steps[-1]), steps[-1], MOMENTS - 1)]
    kept = np.log1p(np.array(steps))
    return sorted({steps[int(np.abs(kept - np.log1p(step)).argmin())] for step in wanted})


# What the page gets


def method(name: str, trained: Path, evaluated: Arrays, plane: Landscape) -> dict[str, Any]:
    """The states of one method; evaluated: the arrays that `mixture_evaluate` wrote of it."""
    states, grid = States(trained), plane_points(plane)
    scores = states.has("online.mlp.layers.0.weight")
    if not scores and not states.has("online.1.layers.0.weight"):
        raise InputError(f"{trained}: neither an encoder nor an energy, so it cannot be drawn")
    chosen = moments(states.steps)
    drawn = [
        _energy(states, step, grid) if scores else _embedding(states, step, grid) for step in chosen
    ]
    spread = [None] * len(chosen) if scores else _spread(evaluated, chosen)
    return {
        "name": name,
        "label": label(name),
        "kind": "score" if scores else "embedding",
        "states": [
            {"at": step, "spread": width, **state}
            for step, width, state in zip(chosen, spread, drawn, strict=True)
        ],
    }


def _embedding(states: States, step: int, grid: Floats) -> dict[str, Any]:
    """Unit embeddings of the grid by the encoder, and by the target where there is one."""
    parts = ["online", "average"] if states.has("average.0.mean") else ["online"]
    z = np.concatenate([states.embedding(step, part, grid) for part in parts])
    rotated = principal(z / np.linalg.norm(z, axis=1, keepdims=True).clip(1e-12))
    whole = np.round(rotated * UNIT).T.reshape(-1, len(parts), SIDE, SIDE)
    packed = {part: packing.fields(whole[:, k]) for k, part in enumerate(parts)}
    return {"rank": len(whole), "online": packed["online"], "target": packed.get("average")}


def principal(u: Floats) -> Floats:
    """Unit vectors `[n, dim]` in as few of their principal coordinates as `LOST` allows."""
    _, axes = np.linalg.eigh(u.T @ u)
    rotated = u @ axes[:, ::-1]
    lost = (1 - np.cumsum(rotated**2, axis=1)).max(axis=0)
    return np.asarray(rotated[:, : int((lost > LOST).sum()) + 1][:, : u.shape[1]])


def _energy(states: States, step: int, grid: Floats) -> dict[str, Any]:
    """The energy above its lowest value on the grid."""
    energy = states.energy(step, grid)
    above = np.round((energy - energy.min()).clip(max=CEILING) * NATS)
    return {"energy": packing.fields(above.reshape(1, SIDE, SIDE))}


def _spread(evaluated: Arrays, steps: Sequence[int]) -> list[float]:
    """The spread of the first member's unit embeddings after each of these steps."""
    by_step = dict(
        zip(evaluated["snapshot_steps"].tolist(), evaluated["spread"][:, 0], strict=True)
    )
    return [float(f"{by_step[step]:.3g}") for step in steps]


def world(points: Arrays, plane: Landscape, collapsed: float) -> dict[str, Any]:
    """What all panels have in common: the plane, the points and the true density."""
    mixture = Mixture(points["weights"], points["means"], points["covariances"])
    return {
        "side": SIDE,
        "x": list(plane.x),
        "y": list(plane.y),
        "unit": UNIT,
        "nats": NATS,
        "collapsed": collapsed,
        "means": np.round(mixture.means, 3).tolist(),
        "points": np.round(points["test"][:DOTS], 2).tolist(),
        "contours": contours(mixture, points["test"], plane),
    }


def contours(mixture: Mixture, points: npt.NDArray[Any], plane: Landscape) -> list[Any]:
    """Lines of equal true density that hold `HELD` of it: `[lines][points][2]`."""
    x, y = np.linspace(*plane.x, 2 * SIDE), np.linspace(*plane.y, 2 * SIDE)
    density = mixture.log_density(np.stack(np.meshgrid(x, y), axis=-1))
    found = contourpy.contour_generator(x, y, density)
    levels = np.quantile(mixture.log_density(points), 1 - np.array(HELD))
    lines: list[Any] = [line for level in levels for line in found.lines(level)]
    return [np.round(line, 2).tolist() for line in lines]
