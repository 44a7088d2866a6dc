"""What a score method has learned: its energy against -log p, and Langevin samples of it."""

import itertools

import numpy as np
import torch
from torch import nn

from jepatlas.common.base.random import generator
from jepatlas.common.learning.draws import Draws
from jepatlas.common.measuring.statistics import by_member, over_members
from jepatlas.mixture.learning.method import ScoreMatching
from jepatlas.mixture.measuring import metrics
from jepatlas.mixture.measuring.metrics import Array
from jepatlas.mixture.measuring.points import Settings, array, grid, of_members, stacked
from jepatlas.mixture.measuring.results import Arrays, Metrics
from jepatlas.mixture.measuring.sampling import langevin
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.world import World

CHAINS_DRAWN = 400
EXACT_COPIES = 4
ARROWS = 21  # per side of the field of scores


def evaluate_score(
    method: ScoreMatching, networks: nn.ModuleDict, world: World, settings: Settings
) -> tuple[Metrics, Arrays]:
    """The learned energy against -log p_sigma, and Langevin samples of it against exact ones."""
    smoothed = world.mixture.smoothed(method.sigma)
    members, n = world.test.shape[:2]
    sources = (generator(settings.seed, member, "smoothed test") for member in range(members))
    test = np.stack([smoothed.sample(n, source)[0] for source in sources])
    x = of_members(test, settings)
    energy, score = array(method.energy(networks, x)), -array(method.gradient(networks, x))
    exact, log_density = smoothed.score(test), smoothed.log_density(test)
    offset = (energy + log_density).mean(axis=1)  # E is known up to a constant
    measured: Metrics = {
        "score": {
            "fisher_error": by_member(metrics.fisher_error, score, exact),
            "energy_correlation": by_member(metrics.energy_correlation, energy, log_density),
            "energy_correlation_distance": by_member(
                metrics.energy_correlation, mahalanobis(test, smoothed), log_density
            ),
        }
    }
    drawn = _fields(method, networks, smoothed, float(offset[0]), settings)
    measured["sampling"], samples = _sampling(method, networks, smoothed, world, settings)
    return measured, drawn | samples


def mahalanobis(x: Array, mixture: Mixture) -> Array:
    """Squared distance to the mean, in units of the covariance: `[..., d] -> [...]`. Twice the
    energy of a Gaussian, and so what moments alone tell of -log p."""
    away = x - mixture.mean
    return np.asarray((away @ np.linalg.inv(mixture.covariance) * away).sum(axis=-1))


def _sampling(
    method: ScoreMatching,
    networks: nn.ModuleDict,
    smoothed: Mixture,
    world: World,
    settings: Settings,
) -> tuple[Metrics, Arrays]:
    """Langevin samples against exact ones, and exact ones against each other."""
    exact = _exact_samples(smoothed, settings)
    directions = metrics.directions(
        settings.evaluation.slices, smoothed.dimension, generator(settings.seed, "slices")
    )
    between = [_distance(a, b, directions) for a, b in itertools.combinations(exact, 2)]
    yardstick = np.mean(between, axis=0)
    measured: Metrics = {
        "exact": {
            "sliced_wasserstein": over_members(yardstick),
            "weight_error": over_members(
                np.mean([_weight_error(a, smoothed) for a in exact], axis=0)
            ),
        }
    }
    drawn: Arrays = {"exact_samples": exact[0, 0, :CHAINS_DRAWN].astype(np.float32)}
    for name, step in {
        "unadjusted": settings.langevin.unadjusted_step,
        "adjusted": settings.langevin.adjusted_step,
    }.items():
        path, acceptance = _chains(method, networks, world, settings, step, name == "adjusted")
        distance = np.mean([_distance(path[-1], copy, directions) for copy in exact], axis=0)
        measured[name] = {
            "sliced_wasserstein": over_members(distance),
            "weight_error": over_members(_weight_error(path[-1], smoothed)),
            "of_exact": over_members(distance / yardstick.mean()),
            "acceptance": over_members(acceptance),
        }
        drawn[f"{name}_path"] = path[:, 0, :CHAINS_DRAWN].astype(np.float32)
    return measured, drawn


def _fields(
    method: ScoreMatching,
    networks: nn.ModuleDict,
    smoothed: Mixture,
    offset: float,
    settings: Settings,
) -> Arrays:
    """The first member's energy and score beside the exact ones, on the drawn part of the plane."""
    plane = grid(settings.landscape)
    learned = method.energy(networks, stacked(plane.reshape(-1, 2), settings))[0]
    arrows = grid(settings.landscape, ARROWS)
    score = -method.gradient(networks, stacked(arrows.reshape(-1, 2), settings))[0]
    return {
        "energy": (array(learned) - offset).reshape(plane.shape[:2]).astype(np.float32),
        "exact_energy": -smoothed.log_density(plane).astype(np.float32),
        "arrows": arrows,
        "score": array(score).reshape(arrows.shape),
        "exact_score": smoothed.score(arrows),
    }


def _exact_samples(smoothed: Mixture, settings: Settings) -> Array:
    """As many exact samples as there are chains, some times over: `[copies, members, chains, d]`.

    The distance of two samples is itself a matter of luck; several copies average it out.
    """

    def draw(copy: int, member: int) -> Array:
        source = generator(settings.seed, member, "exact samples", copy)
        return smoothed.sample(settings.langevin.chains, source)[0]

    members = range(settings.members)
    return np.array([[draw(copy, member) for member in members] for copy in range(EXACT_COPIES)])


def _distance(samples: Array, others: Array, directions: Array) -> Array:
    """Sliced Wasserstein distance of each member's samples, `[members, n, d]` both."""
    pairs = zip(samples, others, strict=True)
    return np.array([metrics.sliced_wasserstein(a, b, directions) for a, b in pairs])


def _weight_error(samples: Array, smoothed: Mixture) -> Array:
    """Of each member's samples, `[members, n, d]`."""
    posteriors = smoothed.posterior(samples)
    return np.array([metrics.weight_error(member, smoothed.weights) for member in posteriors])


def _chains(
    method: ScoreMatching,
    networks: nn.ModuleDict,
    world: World,
    settings: Settings,
    step: float,
    adjusted: bool,
) -> tuple[Array, Array]:
    """Langevin chains from the Gaussian with the training points' moments, per member."""
    draws = Draws(settings.seed, settings.members, f"langevin {adjusted}", settings.device)
    train = torch.as_tensor(world.train, dtype=torch.float32, device=settings.device)
    centred = train - train.mean(1, keepdim=True)
    root = torch.linalg.cholesky(centred.transpose(1, 2) @ centred / train.shape[1])
    white = draws.normal(settings.langevin.chains, train.shape[2])
    samples = langevin(
        lambda x: method.energy(networks, x),
        train.mean(1, keepdim=True) + white @ root.transpose(1, 2),
        step,
        settings.langevin.steps,
        draws,
        adjusted,
        settings.landscape.frames,
    )
    return array(samples.path), array(samples.acceptance)
