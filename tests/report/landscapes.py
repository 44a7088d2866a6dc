"""Landscapes as the library has them, which those of the page are held against."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from jepatlas.common.learning.trained import Trained, restore
from jepatlas.mixture.learning import method as methods
from jepatlas.mixture.learning.fitting import initial
from jepatlas.mixture.measuring import fields
from jepatlas.mixture.truth.world import World
from tests.report import made

SIDE = fields.SIDE
SCORES = ("dsm", "ism")
MEAN_IS_OPEN = ("vicreg", "barlow_twins")  # whose landscapes are drawn less it
ERROR = 0.02  # what packing may cost


def landscape(
    name: str,
    moment: int,
    reference: tuple[float, float],
    world: World,
    member: int = 0,
    side: int = SIDE,
) -> Any:
    """E over the grid `[side, side]` by the library's networks in float64, above the lowest of its
    scale: E + 1 = |u - v|^2 / 2 for unit vectors; of a score, above its lowest value."""
    method = methods.load(name)
    networks = initial(method, torch.as_tensor(world.train, dtype=torch.float32), made.SEED)
    snapshots = Trained.load(Path(f"data/mixture/trained/{name}/default.safetensors")).snapshots
    restore(networks, snapshots[fields.moments(sorted(snapshots))[moment]])
    networks = networks.double()
    x, y = np.linspace(-10, 10, side), np.linspace(-5, 15, side)
    grid = torch.tensor(np.stack(np.meshgrid(x, y), -1).reshape(-1, 2))
    points = grid.expand(made.MEMBERS, -1, -1)
    at = torch.tensor([reference], dtype=torch.float64).expand(made.MEMBERS, 1, 2)
    with torch.no_grad():
        if isinstance(method, methods.ScoreMatching):
            energy = method.energy(networks, points)[member]
            energy = energy - energy.min()
        else:
            assert isinstance(method, methods.Embedding)
            z = method.embed(networks, points)[member]
            g = method.embed_reference(networks, at)[member]
            if name in MEAN_IS_OPEN:
                every = method.embed(networks, torch.as_tensor(world.test))
                mean = every[member].mean(0)
                z, g = z - mean, g - mean
            u, v = (one / one.norm(dim=-1, keepdim=True) for one in (z, g))
            energy = (u - v).square().sum(-1) / 2
    return energy.numpy().reshape(side, side)


def compare(
    energies: dict[str, Any],
    numbers: dict[str, float],
    world: World,
    moment: int,
    reference: tuple[float, float],
    ring: tuple[float, float],
) -> None:
    """energies: every landscape of the page; numbers: what stands below them, E at the ring."""
    column, row = round((ring[0] + 10) / 0.25), round((ring[1] + 5) / 0.25)
    assert set(energies) == set(numbers) == set(made.MIXTURE)
    for name in energies:
        expected = landscape(name, moment, reference, world)
        shown = np.reshape(energies[name], (SIDE, SIDE))
        np.testing.assert_allclose(shown, expected.clip(max=fields.CEILING), atol=ERROR)
        number = expected[row, column] - (0 if name in SCORES else 1)
        assert numbers[name] == pytest.approx(number, abs=ERROR + 0.005), name
