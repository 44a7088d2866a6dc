"""How far a trained method points beside the ray."""

from typing import Any

import torch
from torch.nn.functional import normalize

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.trained import Trained, restore
from jepatlas.common.measuring.statistics import over_members
from jepatlas.toy.learning.method import Base, initial, seen
from jepatlas.toy.truth.ray import Ray

HEADLINES = {"error": "error.1"}  # names that DVC shows: measures
NOISES = (0, 1)
POINTS = 1000


@torch.no_grad()
def evaluate(method: Base, trained: Trained, ray: Ray, members: int, seed: int) -> dict[str, Any]:
    """`error.NOISE`: the mean distance between the directions found and the ray's."""
    networks = initial(method, members, seed)
    restore(networks, trained.final, trained.source)
    errors = {}
    for noise in NOISES:
        points = seen(POINTS, noise, Draws(seed, members, f"test {noise}"))
        found = normalize(networks["online"](points), dim=-1)
        distances = (found - torch.as_tensor(ray.direction)).norm(dim=-1)  # [members, points]
        errors[str(noise)] = over_members(distances.mean(-1))
    return {"error": errors}
