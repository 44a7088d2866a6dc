"""Everything that is measured of a trained method, member by member, and what is drawn of it."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from jepatlas.common.learning.trained import Trained, restore
from jepatlas.common.measuring.statistics import effective_rank
from jepatlas.hidden_causes.learning.fitting import initial
from jepatlas.hidden_causes.learning.method import Base
from jepatlas.hidden_causes.measuring.planning import Plans, plan
from jepatlas.hidden_causes.measuring.points import Points, errands, grid, points
from jepatlas.hidden_causes.measuring.recovery import (
    Known,
    accuracy,
    bound,
    exact_moments,
    read_out,
    sampled_moments,
)
from jepatlas.hidden_causes.measuring.results import Row, drawn_paths, planned
from jepatlas.hidden_causes.truth.kernel import hermite_energies, hermite_nodes
from jepatlas.hidden_causes.truth.latents import Array
from jepatlas.hidden_causes.truth.parameters import Evaluation
from jepatlas.hidden_causes.truth.worlds import Setting, World

PART = 512  # points that all members embed at once
DEGREES = 3  # of Hermite polynomials that are told apart
Arrays = dict[str, npt.NDArray[Any]]


class Evaluated(NamedTuple):
    """rows: by the world's name, what was measured of each seed; drawn: arrays by `WORLD/NAME`, of
    the first seed."""

    rows: dict[str, list[Row]]
    drawn: Arrays


class Encoders:
    """The networks of a setting, in NumPy, asked in all its worlds at once.

    scales: by which embeddings are divided, `[members, 1, dim]`, for methods that leave it open.
    """

    def __init__(
        self, method: Base, networks: nn.ModuleDict, setting: Setting, device: torch.device
    ) -> None:
        self.method, self.networks, self.setting, self.device = method, networks, setting, device
        self.scales: Any = 1.0

    def of_each_world(self, z: list[Array]) -> Array:
        """Embeddings of latents, the same for all seeds of a world: `[n, dim]` for each world
        -> `[members, n, dim]`."""
        return self(np.repeat(np.stack(z), self.setting.seeds, axis=0))

    def __call__(self, z: Array) -> Array:
        """Embeddings of every member's own latents: `[members, n, dim] -> [members, n, dim]`."""
        parts = [self._embed(z[:, i : i + PART]) for i in range(0, z.shape[1], PART)]
        return np.concatenate(parts, axis=1) / self.scales

    def _embed(self, z: Array) -> Array:
        worlds = zip(self.setting.distinct, np.split(z, len(self.setting.distinct)), strict=True)
        x = np.concatenate([world.observe(own) for world, own in worlds]).astype(np.float32)
        h = self.method.embed(self.networks, torch.from_numpy(x).to(self.device))
        return h.cpu().double().numpy()


@torch.no_grad()
def evaluate(
    method: Base,
    setting: Setting,
    trained: Trained,
    evaluation: Evaluation,
    seed: int,
    device: torch.device,
) -> Evaluated:
    """What was measured of a method that was trained in a setting."""
    networks = initial(method, setting, seed, device)
    restore(networks, trained.final, trained.source)
    encoders = Encoders(method, networks, setting, device)
    chosen = [points(world, evaluation, seed) for world in setting.distinct]
    rows = _recovered(encoders, chosen)
    drawn: dict[World, Arrays] = {world: {} for world in setting.distinct}
    if setting.dim == 2:
        _add_degrees(rows, encoders)
        plans = _plans(encoders, evaluation, seed)
        for row, ratio in zip(rows, plans.ratio, strict=True):
            row |= planned(ratio)
        for place, world in enumerate(setting.distinct):
            drawn[world]["paths"] = drawn_paths(plans, place * setting.seeds)
        for world, frames in _through_training(encoders, trained, chosen, evaluation.side).items():
            drawn[world] |= frames
    arrays = {f"{n}/{key}": a for n, w in setting.worlds.items() for key, a in drawn[w].items()}
    arrays[f"{setting.name}/steps"] = trained.steps.numpy()
    arrays[f"{setting.name}/loss"] = trained.curves["loss"].numpy()
    return Evaluated({name: rows[setting.members_of(name)] for name in setting.worlds}, arrays)


def _recovered(encoders: Encoders, chosen: list[Points]) -> list[Row]:
    """How well each member recovers the latents; sets the scales of the encoders."""
    setting = encoders.setting
    h_fit, h, h_prime = (encoders.of_each_world(list(z)) for z in zip(*chosen, strict=True))
    if encoders.method.scale_free:
        tiny = np.finfo(np.float32).tiny
        encoders.scales = np.maximum(h_fit.std(axis=1, keepdims=True), tiny)
        h_fit, h, h_prime = (one / encoders.scales for one in (h_fit, h, h_prime))
    rows = []
    for member, (own_fit, own, own_prime) in enumerate(zip(h_fit, h, h_prime, strict=True)):
        place = member // setting.seeds
        world, (fit, z, _) = setting.distinct[place], chosen[place]
        known = Known(fit, own_fit, z, own, own_prime)
        row = accuracy(known) | {"effective_rank": effective_rank(own)}
        if world.dim != 2 and world.isotropic:
            row |= bound(sampled_moments(known), world.rho[0])
        rows.append(row)
    return rows


def _add_degrees(rows: list[Row], encoders: Encoders) -> None:
    """The bound, and the share of each Hermite degree in the variance of h, by quadrature over two
    Gaussian latents."""
    setting = encoders.setting
    h = encoders.of_each_world([hermite_nodes()] * len(setting.distinct))
    for member, row in enumerate(rows):
        world = setting.distinct[member // setting.seeds]
        if world.isotropic:
            row |= bound(exact_moments(h[member], world.rho[0]), world.rho[0])
        if world.gaussian:
            energy = hermite_energies(h[member])
            share = energy / max(energy.sum(), np.finfo(float).tiny)
            row |= {f"degree.{k + 1}": float(share[k]) for k in range(DEGREES)}
            row["degree.more"] = float(share[DEGREES:].sum())


def _plans(encoders: Encoders, evaluation: Evaluation, seed: int) -> Plans:
    """Between the same points for all seeds of a world."""
    setting = encoders.setting
    both = zip(*(errands(world, evaluation, seed) for world in setting.distinct), strict=True)
    start, goal = (np.repeat(np.stack(z), setting.seeds, axis=0) for z in both)
    return plan(encoders, start, goal)


def _through_training(
    encoders: Encoders, trained: Trained, chosen: list[Points], side: int
) -> dict[World, Arrays]:
    """A grid of latents as each world's first seed has recovered it, after each of the kept steps:
    its embedding, taken to the latents by least squares."""
    setting = encoders.setting
    steps, square = sorted(trained.snapshots), grid(side)
    frames: dict[World, list[Array]] = {world: [] for world in setting.distinct}
    for step in steps:
        restore(encoders.networks, trained.snapshots[step])
        h_fit = encoders.of_each_world([own.fit for own in chosen])
        h = encoders.of_each_world([square.reshape(-1, 2)] * len(chosen))
        for place, world in enumerate(setting.distinct):
            member = place * setting.seeds
            found = read_out(h_fit[member], chosen[place].fit, h[member])
            frames[world].append(found.reshape(square.shape))
    return {
        world: {"grid": np.stack(shown).astype(np.float32), "grid_steps": np.array(steps)}
        for world, shown in frames.items()
    }
