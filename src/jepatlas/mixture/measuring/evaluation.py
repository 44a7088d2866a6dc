"""What a trained method is asked, by what it has learned: an embedding, or a score.

Both functions return the metrics, nested and summarised over members, and the arrays that the
figures are drawn from (of the first member, where one is enough).
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from jepatlas.common.base.random import generator
from jepatlas.common.base.vectors import unit
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.training import Trained, restore
from jepatlas.common.measuring.statistics import effective_rank, summary
from jepatlas.mixture.learning.method import Base, Embedding, Masked, ScoreMatching
from jepatlas.mixture.measuring import metrics
from jepatlas.mixture.measuring.metrics import Array
from jepatlas.mixture.measuring.parameters import Evaluation, Langevin
from jepatlas.mixture.measuring.sampling import langevin
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import Landscape
from jepatlas.mixture.truth.world import World

Metrics = dict[str, Any]
Arrays = dict[str, npt.NDArray[Any]]
CHAINS_DRAWN = 400
EXACT_COPIES = 4
ARROWS = 21  # per side of the field of scores


@dataclass(frozen=True)
class Settings:
    """What both evaluations read from params.yaml."""

    seed: int
    members: int
    evaluation: Evaluation
    langevin: Langevin
    landscape: Landscape
    device: torch.device


@torch.no_grad()
def evaluate(
    method: Base, networks: nn.ModuleDict, trained: Trained, world: World, settings: Settings
) -> tuple[Metrics, Arrays]:
    """Everything that is measured of a method, and what the figures need, its losses included."""
    restore(networks, trained.final)
    measured: Metrics = {}
    drawn: Arrays = {"steps": trained.steps.numpy(), "losses": trained.losses.numpy()}
    if isinstance(method, Embedding):
        measured, arrays = evaluate_embedding(method, networks, trained.snapshots, world, settings)
        drawn |= arrays
    if isinstance(method, ScoreMatching):
        measured, arrays = evaluate_score(method, networks, world, settings)
        drawn |= arrays
    return measured, drawn


# Embeddings


def evaluate_embedding(
    method: Embedding,
    networks: nn.ModuleDict,
    snapshots: dict[int, dict[str, Tensor]],
    world: World,
    settings: Settings,
) -> tuple[Metrics, Arrays]:
    """`networks` in their final state; `snapshots`: their states by step."""
    test = _stacked(world.test, settings)
    z, g = method.embed(networks, test), method.embed_reference(networks, test)
    tangents = _tangents(method, networks, test)
    u, u_reference = unit(_array(z)), unit(_array(g))
    u_probe = unit(_array(method.embed(networks, _stacked(world.probe, settings))))

    measured = {
        "collapse": _collapse(u, _array(z)),
        "clusters": _clusters(u_probe, u, world),
        "structure": _structure(u, world, settings.evaluation.pairs),
        "landscape": _landscape(u, u_reference, tangents, world, settings.evaluation.references),
    }
    if isinstance(method, Masked):
        measured["masked"] = _masked(method, networks, world, settings)
    landscapes = _landscapes(method, networks, world.mixture, settings)
    steps, spreads, ranks = _through_training(method, networks, snapshots, test)
    collapsed = [
        metrics.first_below(steps, member, settings.evaluation.collapsed) for member in spreads.T
    ]
    measured["collapse"]["members_collapsed"] = int(np.isfinite(collapsed).sum())
    measured["collapse"]["step"] = summary(collapsed)  # null as long as one has not
    drawn = {"snapshot_steps": steps, "spread": spreads, "effective_rank": ranks}
    return measured, drawn | landscapes


def _collapse(u: Array, z: Array) -> Metrics:
    return {
        "spread": summary([metrics.spread(member) for member in u]),
        "effective_rank": summary([effective_rank(member) for member in z]),
    }


def _clusters(u_probe: Array, u: Array, world: World) -> Metrics:
    labels, labels_test = world.probe_components, world.test_components
    bayes = float((world.mixture.posterior(world.test).argmax(-1) == labels_test).mean())
    knn = [metrics.knn_accuracy(p, labels, t, labels_test) for p, t in zip(u_probe, u, strict=True)]
    linear = [
        metrics.linear_probe_accuracy(p, labels, t, labels_test)
        for p, t in zip(u_probe, u, strict=True)
    ]
    return {
        "bayes_accuracy": bayes,
        "knn_accuracy": summary(knn),
        "knn_of_bayes": summary(np.array(knn) / bayes),
        "linear_accuracy": summary(linear),
        "linear_of_bayes": summary(np.array(linear) / bayes),
        "silhouette": summary([metrics.silhouette(member, labels_test) for member in u]),
    }


def _structure(u: Array, world: World, pairs: int) -> Metrics:
    x, components = world.test[:pairs], world.test_components[:pairs]
    global_ = [metrics.global_structure(x, member[:pairs], components) for member in u]
    return {
        "trustworthiness": summary([metrics.local_structure(x, member[:pairs]) for member in u]),
        "distance_correlation": summary([everywhere for everywhere, _ in global_]),
        "distance_correlation_across": summary([across for _, across in global_]),
    }


def _landscape(
    u: Array, u_reference: Array, tangents: Array, world: World, references: int
) -> Metrics:
    """E(x; x_ref) over the test points, with the first `references` of them as x_ref."""
    same = world.test_components[:references, None] == world.test_components
    score = world.mixture.score(world.test)
    auroc, depth, rough, explained = [], [], [], []
    for member, reference, tangent in zip(u, u_reference[:, :references], tangents, strict=True):
        energy = -reference @ member.T  # [references, n]
        gradient = -np.einsum("rk,dnk->rnd", reference, tangent, optimize=True)
        auroc.append(metrics.landscape_auroc(energy, same))
        depth.append(metrics.well_depth(energy, same))
        rough.append(metrics.roughness(gradient, energy))
        explained.append(metrics.score_explained(gradient, energy, score))
    return {
        "auroc": summary(auroc),
        "depth": summary(depth),
        "roughness": summary(rough),
        "score_explained": summary(explained),
    }


def _tangents(method: Embedding, networks: nn.ModuleDict, x: Tensor) -> Array:
    """Derivatives of the unit embedding in each coordinate of x: `[members, d, batch, dim]`."""

    def direction(points: Tensor) -> Tensor:
        return nn.functional.normalize(method.embed(networks, points), dim=-1)

    points = x.clone()  # forward differentiation writes to it; the members' copies are views of one
    columns = [
        torch.func.jvp(direction, (points,), (axis.expand_as(points).clone(),))[1]
        for axis in torch.eye(x.shape[-1], device=x.device)
    ]
    return _array(torch.stack(columns, dim=1))


def _masked(method: Masked, networks: nn.ModuleDict, world: World, settings: Settings) -> Metrics:
    """R^2 of each coordinate from the prediction without it, beside the exact conditional mean's.

    `of_exact` compares the variance explained over all coordinates together: one that the others
    hardly tell anything of has an exact R^2 near 0, by which nothing can be divided.
    """
    probe, test = _stacked(world.probe, settings), _stacked(world.test, settings)
    members, d = len(test), world.mixture.dimension
    explained, exact = np.empty((d, members)), np.empty(d)
    for coordinate in range(d):
        visible = torch.ones(d, device=test.device)
        visible[coordinate] = 0
        u_probe = unit(_array(method.predict(networks, probe, visible)))
        u_test = unit(_array(method.predict(networks, test, visible)))
        target, target_test = world.probe[:, coordinate], world.test[:, coordinate]
        explained[coordinate] = [
            metrics.explained_variance(p, target, t, target_test)
            for p, t in zip(u_probe, u_test, strict=True)
        ]
        mean, _ = world.mixture.conditional_moments(world.test, coordinate)
        exact[coordinate] = 1 - ((target_test - mean) ** 2).mean() / target_test.var()
    variance = world.test.var(axis=0)
    return {
        "r2": {f"x{i}": summary(explained[i]) for i in range(d)},
        "exact_r2": {f"x{i}": exact[i] for i in range(d)},
        "of_exact": summary(variance @ explained / (variance @ exact)),
    }


def _through_training(
    method: Embedding, networks: nn.ModuleDict, snapshots: dict[int, dict[str, Tensor]], x: Tensor
) -> tuple[npt.NDArray[np.int64], Array, Array]:
    """Steps `[snapshots]`, spread and effective rank `[snapshots, members]` at the points x."""
    steps = sorted(snapshots)
    spreads, ranks = [], []
    for step in steps:
        restore(networks, snapshots[step])
        z = _array(method.embed(networks, x))
        spreads.append([metrics.spread(member) for member in unit(z)])
        ranks.append([effective_rank(member) for member in z])
    return np.array(steps), np.array(spreads), np.array(ranks)


def _landscapes(
    method: Embedding, networks: nn.ModuleDict, mixture: Mixture, settings: Settings
) -> Arrays:
    """The first member's landscapes: from each component's mean, and from a tour past them."""
    grid = _stacked(_grid(settings.landscape).reshape(-1, 2), settings)
    u = unit(_array(method.embed(networks, grid)[0]))
    side = settings.landscape.resolution
    drawn: Arrays = {}
    for name, references in {
        "means": mixture.means,
        "tour": tour(mixture.means, settings.landscape.frames),
    }.items():
        g = unit(_array(method.embed_reference(networks, _stacked(references, settings))[0]))
        energy = (-g @ u.T).reshape(len(references), side, side)
        drawn[f"{name}_references"] = references
        drawn[f"{name}_landscapes"] = energy.astype(np.float32)
    return drawn


def tour(stops: Array, count: int) -> Array:
    """`count` points on the closed polygon through `stops`, evenly spaced in its parameter."""
    closed = np.vstack([stops, stops[:1]])
    where = np.linspace(0, len(stops), count, endpoint=False)
    return np.stack([np.interp(where, np.arange(len(closed)), c) for c in closed.T], axis=-1)


# Scores


def evaluate_score(
    method: ScoreMatching, networks: nn.ModuleDict, world: World, settings: Settings
) -> tuple[Metrics, Arrays]:
    """The learned energy against -log p_sigma, and Langevin samples of it against exact ones."""
    smoothed = world.mixture.smoothed(method.sigma)
    test, _ = smoothed.sample(len(world.test), generator(settings.seed, "smoothed test"))
    x = _stacked(test, settings)
    energy, score = _array(method.energy(networks, x)), -_array(method.gradient(networks, x))
    exact, log_density = smoothed.score(test), smoothed.log_density(test)
    offset = (energy + log_density).mean(axis=1)  # E is known up to a constant
    measured: Metrics = {
        "score": {
            "fisher_error": summary([metrics.fisher_error(member, exact) for member in score]),
            "energy_correlation": summary(
                [metrics.energy_correlation(member, log_density) for member in energy]
            ),
        }
    }
    drawn = _fields(method, networks, smoothed, float(offset[0]), settings)
    measured["sampling"], samples = _sampling(method, networks, smoothed, world, settings)
    return measured, drawn | samples


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
            "sliced_wasserstein": summary(yardstick),
            "weight_error": summary(np.mean([_weight_error(a, smoothed) for a in exact], axis=0)),
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
            "sliced_wasserstein": summary(distance),
            "weight_error": summary(_weight_error(path[-1], smoothed)),
            "of_exact": float(distance.mean() / yardstick.mean()),
            "acceptance": summary(acceptance),
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
    grid = _grid(settings.landscape)
    learned = method.energy(networks, _stacked(grid.reshape(-1, 2), settings))[0]
    arrows = _grid(settings.landscape, ARROWS)
    score = -method.gradient(networks, _stacked(arrows.reshape(-1, 2), settings))[0]
    return {
        "energy": (_array(learned) - offset).reshape(grid.shape[:2]).astype(np.float32),
        "exact_energy": -smoothed.log_density(grid).astype(np.float32),
        "arrows": arrows,
        "score": _array(score).reshape(arrows.shape),
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
    return _array(samples.path), _array(samples.acceptance)


# Between NumPy's float64, where things are measured, and torch's float32, where they are learned


def _stacked(points: Array, settings: Settings) -> Tensor:
    """`[n, d]` -> `[members, n, d]`: the same points for every member."""
    tensor = torch.tensor(points, dtype=torch.float32, device=settings.device)
    return tensor.expand(settings.members, *tensor.shape)


def _array(tensor: Tensor) -> Array:
    return tensor.cpu().double().numpy()


def _grid(landscape: Landscape, side: int | None = None) -> Array:
    """Points of the drawn part of the plane, `[side, side, 2]`, row by row from below."""
    side = side or landscape.resolution
    x, y = np.linspace(*landscape.x, side), np.linspace(*landscape.y, side)
    return np.stack(np.meshgrid(x, y), axis=-1)
