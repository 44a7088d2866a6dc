"""What training left of a score method's loss: the loss of the learned energy less the loss of the
exact one, on the same fresh points and with the same noise.

The exact energy is -log p of the mixture, smoothed as the method smooths it. Over all points the
regret is then, with s the learned score and s* the exact one,

- of denoising score matching sigma^2 E|s - s*|^2 (Vincent 2011, Neural Computation 23);
- of implicit and of sliced score matching E|s - s*|^2 / 2 (Hyvarinen 2005, JMLR 6; Song et al.
  2019, arXiv 1905.07088);
- of noise-contrastive estimation a divergence of the two densities with no constant left open.

Against uniform negatives it is one too, inside of their box. Outside there is nothing to hold an
energy up, and a density that reaches beyond it, as every Gaussian does, leaves a little to gain:
a regret may be below 0 by as little as the box misses of the data.
"""

import numpy as np
import torch
from torch import Tensor, nn

from jepatlas.common.base.random import generator
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.family import families
from jepatlas.common.measuring.statistics import over_members
from jepatlas.mixture.learning.method import ScoreMatching
from jepatlas.mixture.learning.networks import Energy, PlainEnergy
from jepatlas.mixture.measuring.exact_energy import ExactEnergy
from jepatlas.mixture.measuring.metrics import Array
from jepatlas.mixture.measuring.points import Settings, array
from jepatlas.mixture.measuring.results import Metrics
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.world import World

PIECES = 16  # of points, one at a time, for the memory
PIECE = 4096  # points of each member: the regret of a good score is a thousandth of a point's noise
WITH_OPTIMUM = ("score_matching", "noise_contrastive")  # families whose optimum is -log p


def evaluate_score_regret(
    method: ScoreMatching, networks: nn.ModuleDict, world: World, settings: Settings
) -> Metrics:
    """Loss, the exact energy's and their difference; empty for an objective or a network of another
    kind, of which nothing is known."""
    known = families(type(method)) in [[family] for family in WITH_OPTIMUM]
    learned = dict(networks.items()).get("online")
    if not known or not isinstance(learned, Energy | PlainEnergy):
        return {}
    smoothed = world.mixture.smoothed(method.sigma)
    exact = with_energy(networks, ExactEnergy(smoothed, learned.standardize))
    losses, least = losses_of(method, [networks, exact], world.mixture, settings)
    return {
        "loss": over_members(losses),
        "exact_loss": over_members(least),
        "regret": over_members(losses - least),
    }


def with_energy(networks: nn.ModuleDict, energy: nn.Module) -> nn.ModuleDict:
    """The networks with another energy."""
    return nn.ModuleDict({**networks, "online": energy})


def losses_of(
    method: ScoreMatching,
    candidates: list[nn.ModuleDict],
    mixture: Mixture,
    settings: Settings,
) -> Array:
    """The loss of each of the candidates, `[candidates, members]`. Every member has points of its
    own, so that an interval over members covers the luck of these as well."""
    losses = []
    for piece in range(PIECES):
        points = _fresh(mixture, piece, settings)
        losses.append([array(_loss(method, one, points, piece, settings)) for one in candidates])
    return np.mean(losses, axis=0)


def _fresh(mixture: Mixture, piece: int, settings: Settings) -> Tensor:
    """Points that no other piece has, `[members, PIECE, d]`."""
    points = [
        mixture.sample(PIECE, generator(settings.seed, member, "score regret", piece))[0]
        for member in range(settings.members)
    ]
    return torch.tensor(np.stack(points), dtype=torch.float32, device=settings.device)


def _loss(
    method: ScoreMatching, networks: nn.ModuleDict, points: Tensor, piece: int, settings: Settings
) -> Tensor:
    draws = Draws(settings.seed, settings.members, f"score regret {piece}", settings.device)
    return method.loss(networks, points, draws)
