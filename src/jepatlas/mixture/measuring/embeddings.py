"""What an embedding has learned: collapse, clusters, structure, landscapes, masked coordinates."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from jepatlas.common.base.vectors import unit
from jepatlas.common.learning.trained import restore
from jepatlas.common.measuring.statistics import effective_rank, summary
from jepatlas.mixture.learning.method import Embedding, Masked
from jepatlas.mixture.measuring import metrics
from jepatlas.mixture.measuring.centring import Encode, Encoders
from jepatlas.mixture.measuring.metrics import Array
from jepatlas.mixture.measuring.points import Settings, array, grid, stacked, tour
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.world import World

Metrics = dict[str, Any]
Arrays = dict[str, npt.NDArray[Any]]


def evaluate_embedding(
    method: Embedding,
    encoders: Encoders,
    networks: nn.ModuleDict,
    snapshots: dict[int, dict[str, Tensor]],
    world: World,
    settings: Settings,
) -> tuple[Metrics, Arrays]:
    """`encoders` of the `networks` in their final state; `snapshots`: their states by step."""
    test, probe = stacked(world.test, settings), stacked(world.probe, settings)
    embed, embed_reference = encoders
    z, g = embed(test), embed_reference(test)
    tangents = _tangents(embed, test)
    u, u_reference = unit(array(z)), unit(array(g))
    u_probe = unit(array(embed(probe)))

    measured = {
        "collapse": _collapse(u, array(z)),
        "clusters": _clusters(u_probe, u, world),
        "structure": _structure(u, world, settings.evaluation.pairs),
        "landscape": _landscape(u, u_reference, tangents, world, settings.evaluation.references),
    }
    if isinstance(method, Masked):
        measured["masked"] = _masked(method, networks, world, settings)
    landscapes = _landscapes(embed, embed_reference, world.mixture, settings)
    steps, spreads, ranks = _through_training(embed, networks, snapshots, test)
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


def _tangents(embed: Encode, x: Tensor) -> Array:
    """Derivatives of the unit embedding in each coordinate of x: `[members, d, batch, dim]`."""

    def direction(points: Tensor) -> Tensor:
        return nn.functional.normalize(embed(points), dim=-1)

    points = x.clone()  # forward differentiation writes to it; the members' copies are views of one
    columns = [
        torch.func.jvp(direction, (points,), (axis.expand_as(points).clone(),))[1]
        for axis in torch.eye(x.shape[-1], device=x.device)
    ]
    return array(torch.stack(columns, dim=1))


def _masked(method: Masked, networks: nn.ModuleDict, world: World, settings: Settings) -> Metrics:
    """R^2 of each coordinate from the prediction without it, beside the exact conditional mean's.

    `of_exact` compares the variance explained over all coordinates together: one that the others
    hardly tell anything of has an exact R^2 near 0, by which nothing can be divided.
    """
    probe, test = stacked(world.probe, settings), stacked(world.test, settings)
    members, d = len(test), world.mixture.dimension
    explained, exact = np.empty((d, members)), np.empty(d)
    for coordinate in range(d):
        visible = torch.ones(d, device=test.device)
        visible[coordinate] = 0
        u_probe = unit(array(method.predict(networks, probe, visible)))
        u_test = unit(array(method.predict(networks, test, visible)))
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
    embed: Encode, networks: nn.ModuleDict, snapshots: dict[int, dict[str, Tensor]], x: Tensor
) -> tuple[npt.NDArray[np.int64], Array, Array]:
    """Steps `[snapshots]`, spread and effective rank `[snapshots, members]` at the points x."""
    steps = sorted(snapshots)
    spreads, ranks = [], []
    for step in steps:
        restore(networks, snapshots[step])
        z = array(embed(x))
        spreads.append([metrics.spread(member) for member in unit(z)])
        ranks.append([effective_rank(member) for member in z])
    return np.array(steps), np.array(spreads), np.array(ranks)


def _landscapes(
    embed: Encode, embed_reference: Encode, mixture: Mixture, settings: Settings
) -> Arrays:
    """The first member's landscapes: from each component's mean, and from a tour past them."""
    points = stacked(grid(settings.landscape).reshape(-1, 2), settings)
    u = unit(array(embed(points)[0]))
    side = settings.landscape.resolution
    drawn: Arrays = {}
    for name, references in {
        "means": mixture.means,
        "tour": tour(mixture.means, settings.landscape.frames),
    }.items():
        g = unit(array(embed_reference(stacked(references, settings))[0]))
        energy = (-g @ u.T).reshape(len(references), side, side)
        drawn[f"{name}_references"] = references
        drawn[f"{name}_landscapes"] = energy.astype(np.float32)
    return drawn
