"""What is known of the worlds without training anything: how far from linear they are, and what the
optimum of an objective recovers."""

from typing import Any

import numpy as np
import numpy.typing as npt

from jepatlas.hidden_causes.measuring.planning import plan
from jepatlas.hidden_causes.measuring.points import errands, grid, points
from jepatlas.hidden_causes.measuring.recovery import r2, read_out
from jepatlas.hidden_causes.measuring.results import drawn_paths, nested, planned
from jepatlas.hidden_causes.truth import arm, kernel
from jepatlas.hidden_causes.truth.latents import Array
from jepatlas.hidden_causes.truth.parameters import Evaluation, Worlds
from jepatlas.hidden_causes.truth.worlds import ARM, World, number, settings

SUITES = ("mixings", "shapes", "anisotropic", "dimensions", "arm")
PICTURES = 5  # along an edge of the drawn grid of arms
Measured = dict[str, dict[str, Any]]
Arrays = dict[str, npt.NDArray[Any]]


def exact(worlds: Worlds, evaluation: Evaluation, seed: int) -> tuple[Measured, Arrays]:
    """By who it is said of: `observation`, what x itself has; `eigenfunctions`, the best whitened
    outputs; `gaussianised`, outputs that are Gaussian, each an increasing function of a latent."""
    seen: dict[str, dict[str, float]] = {}
    drawn: Arrays = {"grid": grid(evaluation.side)}
    for setting in settings(worlds, 1, SUITES):
        for name, world in setting.worlds.items():
            seen[name] = {"r2": _linear(world, evaluation, seed)}
            if world.dim == 2 and world.mixing != ARM:
                paths, found = _planned(world, evaluation, seed)
                seen[name] |= found
                drawn |= {f"{name}/grid": world.observe(drawn["grid"]), f"{name}/paths": paths}
    drawn[f"{ARM}/pictures"] = _pictures()
    best, gaussian = _optima(worlds)
    for alpha in worlds.shapes.alphas:
        one = kernel.spectrum(alpha, worlds.rho)
        function = one.functions[0] * np.sign(one.functions[0] @ (one.mass * one.z))
        drawn[f"shapes.{number(alpha)}/eigenfunction"] = np.stack([one.z, function])
    return {
        "observation": nested(seen),
        "eigenfunctions": nested(best),
        "gaussianised": nested(gaussian),
    }, drawn


def _linear(world: World, evaluation: Evaluation, seed: int) -> float:
    """R^2 of the latents by least squares from what is seen."""
    chosen = points(world, evaluation, seed)
    return r2(read_out(world.observe(chosen.fit), chosen.fit, world.observe(chosen.z)), chosen.z)


def _planned(world: World, evaluation: Evaluation, seed: int) -> tuple[Array, dict[str, float]]:
    """Plans that go straight in x."""
    start, goal = (z[None] for z in errands(world, evaluation, seed))
    plans = plan(world.observe, start, goal)
    return drawn_paths(plans, 0), planned(plans.ratio[0])


def _optima(worlds: Worlds) -> tuple[dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    best = {f"mixings.{name}": {"r2": 1.0} for name in worlds.mixings.names}
    gaussian = dict(best)
    for alpha in worlds.shapes.alphas:
        name = f"shapes.{number(alpha)}"
        best[name] = {"r2": kernel.eigenfunction_r2(alpha, worlds.rho)}
        gaussian[name] = {"r2": kernel.gaussianised_r2(alpha)}
    for rho in worlds.anisotropic.rhos:
        name = f"anisotropic.{number(rho[0])}-{number(rho[1])}"
        best[name], gaussian[name] = {"r2": kernel.anisotropic_r2(rho)}, {"r2": 1.0}
    return best, gaussian


def _pictures() -> Array:
    """Arms over a grid of latents, `[PICTURES, PICTURES, SIDE, SIDE]`."""
    return arm.render(grid(PICTURES)).reshape(PICTURES, PICTURES, arm.SIDE, arm.SIDE)
