"""What a predictor of embeddings lacks of the best one: its loss less that of the best predictor of
the same target.

A method that predicts a target of its own, a slow copy of its encoder or the encoder with its
gradient stopped, minimises nothing, as its target moves on with it. But the target as it stands at
the end of training can be predicted so well and no better: among unit vectors p the mean of
|p - u|^2 = 2 - 2 <p, u> is least where p points along m, the conditional mean of the unit target u
given what is seen, and is 2 - 2 |m| there. A regret is relative to that target, and says nothing of
whether the target is worth predicting: a constant one is predicted without any.

What a method predicts from what is not told but tried, as its loss is then that of one of the
`candidates`. One that has none of these has no entry, nor has one whose part `predictor` takes
something else than embeddings.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from jepatlas.common.base.random import generator
from jepatlas.common.learning.family import families
from jepatlas.common.measuring.statistics import over_members
from jepatlas.mixture.learning.method import Embedding, Masked
from jepatlas.mixture.measuring.conditional_laws import Laws, Target
from jepatlas.mixture.measuring.metrics import Array
from jepatlas.mixture.measuring.optima import Moved
from jepatlas.mixture.measuring.points import Settings, alone, stacked
from jepatlas.mixture.measuring.results import Metrics
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.views import Views
from jepatlas.mixture.truth.world import World

PAIRS = 4096  # fresh ones of each member
SAME = 1e-4  # relative difference of two losses that are the same but for rounding
ROUNDING = 1e-7  # of a unit embedding in float32, which the squares of a collapsed one drown in


@dataclass(frozen=True)
class Task:
    """prediction: of the predictor on trial, `[members, n, dim]`; laws: of the points whose
    embeddings are to be predicted, given what it saw; points: these points, `[n, d]`."""

    prediction: Tensor
    laws: Laws
    points: Array


class Rolled(nn.Module):
    """A predictor whose outputs have changed places. To tell what a loss is made of, it must not
    matter how good a predictor is: one that changes nothing has the same loss from either view."""

    def __init__(self, predictor: nn.Module) -> None:
        super().__init__()
        self.predictor = predictor

    def forward(self, z: Tensor) -> Tensor:
        return self.predictor(z).roll(1, -1)


def evaluate_prediction_regret(
    method: Embedding, networks: nn.ModuleDict, world: World, settings: Settings
) -> Metrics:
    """Loss, the best predictor's, and their difference, beside the loss of the best constant."""
    known = families(type(method)) == ["prediction"] and "predictor" in networks
    if not known or not method.noise:
        return {}
    one = replace(settings, members=1)
    of_members = []
    for member in range(settings.members):
        pairs = Views(world.mixture, method.noise).sample(
            PAIRS, generator(settings.seed, member, "prediction regret")
        )
        losses = _losses(method, alone(networks, member), world.mixture, *pairs, one)
        if losses is None:
            return {}
        of_members.append([float(loss) for loss in losses])
    loss, exact, constant = np.array(of_members).T
    return {
        "loss": over_members(loss),
        "exact_loss": over_members(exact),
        "constant_loss": over_members(constant),
        "regret": over_members(loss - exact),
    }


def _losses(
    method: Embedding,
    networks: nn.ModuleDict,
    mixture: Mixture,
    x: Array,
    x_prime: Array,
    settings: Settings,
) -> tuple[Tensor, Tensor, Tensor] | None:
    """Of one member on its pairs: its own loss, the best predictor's and the best constant's; None
    where nothing is known of what it predicts."""
    first, second = stacked(x, settings), stacked(x_prime, settings)
    trial = nn.ModuleDict({**networks, "predictor": Rolled(networks["predictor"])})
    losses, others = (
        method.loss(one, first, Moved(method, first, second)) for one in (networks, trial)
    )

    def target(points: Array) -> Tensor:
        return normalize(method.embed_reference(networks, stacked(points, settings)), dim=-1)

    try:
        tasks_of_candidates = candidates(method, trial, mixture, x, x_prime, settings)
    except RuntimeError:  # of torch: the predictor takes something of another shape
        return None
    for tasks in tasks_of_candidates:
        tried = mean_loss(tasks, [task.prediction for task in tasks], target)
        if torch.allclose(tried, others, rtol=SAME, atol=ROUNDING):
            best = [task.laws.mean(target) for task in tasks]
            constant = torch.cat(best, dim=1).mean(dim=1, keepdim=True)
            constants = [constant.expand_as(one) for one in best]
            least, most = (mean_loss(tasks, these, target) for these in (best, constants))
            return losses, least, most
    return None


def mean_loss(tasks: list[Task], predictions: list[Tensor], target: Target) -> Tensor:
    """Of predictions `[members, n, dim]` for each task, `[members]`."""
    pairs = zip(tasks, predictions, strict=True)
    return torch.stack([distance(p, target(task.points)) for task, p in pairs]).mean(0)


def distance(z: Tensor, z_prime: Tensor) -> Tensor:
    """The mean of |u - u'|^2 over points, with u = z / |z|: `[members, n, dim]` to `[members]`."""
    return (normalize(z, dim=-1) - normalize(z_prime, dim=-1)).square().sum(-1).mean(-1)


def candidates(
    method: Embedding,
    networks: nn.ModuleDict,
    mixture: Mixture,
    x: Array,
    x_prime: Array,
    settings: Settings,
) -> list[list[Task]]:
    """What the method may have been asked on pairs of views, `[n, 2]` both: tasks of one size whose
    mean loss is its own.

    A masked one predicts x from x' without one coordinate, point i without i mod d. Others predict
    x' from x, or both views from each other.
    """
    if isinstance(method, Masked):
        d = mixture.dimension
        return [[_masked(method, networks, mixture, x, x_prime, i, settings) for i in range(d)]]
    predict = networks["predictor"]
    seen, moved = (predict(method.embed(networks, stacked(v, settings))) for v in (x, x_prime))
    whole = list(range(mixture.dimension))
    forth = Task(seen, Laws.around(x, method.noise), x_prime)
    back = Task(moved, Laws.behind(mixture, x_prime, method.noise, whole), x)
    return [[forth], [forth, back]]


def _masked(
    method: Masked,
    networks: nn.ModuleDict,
    mixture: Mixture,
    x: Array,
    x_prime: Array,
    coordinate: int,
    settings: Settings,
) -> Task:
    """Of the points that lack the coordinate."""
    x, x_prime = (points[coordinate :: mixture.dimension] for points in (x, x_prime))
    others = [i for i in range(mixture.dimension) if i != coordinate]
    visible = torch.ones(mixture.dimension, device=settings.device)
    visible[coordinate] = 0
    prediction = method.predict(networks, stacked(x_prime, settings), visible)
    return Task(prediction, Laws.behind(mixture, x_prime[:, others], method.noise, others), x)
