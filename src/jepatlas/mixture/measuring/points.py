"""Points of the plane, between NumPy's float64, where things are measured, and torch's float32,
where they are learned."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from jepatlas.mixture.measuring.metrics import Array
from jepatlas.mixture.measuring.parameters import Evaluation, Langevin
from jepatlas.mixture.truth.parameters import Landscape


@dataclass(frozen=True)
class Settings:
    """What all evaluations read from params.yaml."""

    seed: int
    members: int
    evaluation: Evaluation
    langevin: Langevin
    landscape: Landscape
    device: torch.device


def stacked(points: Array, settings: Settings) -> Tensor:
    """`[n, d]` -> `[members, n, d]`: the same points for every member."""
    tensor = torch.tensor(points, dtype=torch.float32, device=settings.device)
    return tensor.expand(settings.members, *tensor.shape)


def of_members(points: Array, settings: Settings) -> Tensor:
    """Each member's own points, `[members, n, d]`, of the first members if there are more."""
    own = points[: settings.members]
    return torch.tensor(own, dtype=torch.float32, device=settings.device)


def array(tensor: Tensor) -> Array:
    return tensor.cpu().double().numpy()


def alone(networks: nn.ModuleDict, member: int) -> nn.ModuleDict:
    """The networks of one member: each of their tensors has the members in front."""
    own = copy.deepcopy(networks)
    for tensor in (*own.parameters(), *own.buffers()):
        tensor.data = tensor.data[member : member + 1]
    return own


def grid(landscape: Landscape, side: int | None = None) -> Array:
    """Points of the drawn part of the plane, `[side, side, 2]`, row by row from below."""
    side = side or landscape.resolution
    x, y = np.linspace(*landscape.x, side), np.linspace(*landscape.y, side)
    return np.stack(np.meshgrid(x, y), axis=-1)


def tour(stops: Array, count: int) -> Array:
    """`count` points on the closed polygon through `stops`, evenly spaced in its parameter."""
    closed = np.vstack([stops, stops[:1]])
    where = np.linspace(0, len(stops), count, endpoint=False)
    return np.stack([np.interp(where, np.arange(len(closed)), c) for c in closed.T], axis=-1)
