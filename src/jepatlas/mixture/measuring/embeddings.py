"""What an embedding has learned: collapse, clusters, structure, landscapes, masked coordinates."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from jepatlas.common.base.random import generator
from jepatlas.common.base.vectors import unit
from jepatlas.common.learning.trained import restore
from jepatlas.common.measuring.statistics import effective_rank, over_members, widened
from jepatlas.mixture.learning.method import Embedding, Masked
from jepatlas.mixture.measuring import metrics
from jepatlas.mixture.measuring.centring import Encode, Encoders
from jepatlas.mixture.measuring.metrics import Array
from jepatlas.mixture.measuring.points import Settings, array, grid, stacked, tour
from jepatlas.mixture.measuring.results import Arrays, Metrics
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.views import Views
from jepatlas.mixture.truth.world import World

SCORED = 1000  # pairs of views at which the slope of a landscape is held against the score


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
    jacobian = _jacobian(embed, test)
    u, u_reference = unit(array(z)), unit(array(g))
    u_probe = unit(array(embed(probe)))

    measured = {
        "collapse": _collapse(u, array(z)),
        "clusters": _clusters(u_probe, u, world),
        "structure": _structure(u, world, settings.evaluation.pairs) | _volume(jacobian, world),
        "landscape": _landscape(
            u, u_reference, _tangents(array(z), jacobian), world, settings.evaluation.references
        )
        | _score(method, encoders, world, settings),
    }
    if isinstance(method, Masked):
        measured["masked"] = _masked(method, networks, world, settings)
    landscapes = _landscapes(encoders, "means", world.mixture.means, settings)
    steps, spreads, ranks = _through_training(embed, networks, snapshots, test)
    collapsed = [
        metrics.first_below(steps, member, settings.evaluation.collapsed) for member in spreads.T
    ]
    measured["collapse"]["members_collapsed"] = int(np.isfinite(collapsed).sum())
    measured["collapse"]["step"] = over_members(collapsed)  # null as long as one has not
    drawn = {"snapshot_steps": steps, "spread": spreads, "effective_rank": ranks}
    return measured, drawn | landscapes


def _collapse(u: Array, z: Array) -> Metrics:
    return {
        "spread": over_members([metrics.spread(member) for member in u]),
        "effective_rank": over_members([effective_rank(member) for member in z]),
    }


def _clusters(u_probe: Array, u: Array, world: World) -> Metrics:
    labels, labels_test = world.probe_components, world.test_components
    bayes = world.mixture.posterior(world.test).argmax(-1) == labels_test
    measured: Metrics = {"bayes_accuracy": float(bayes.mean())}
    probes = {"knn": metrics.nearest_neighbours, "linear": metrics.linear_probe}
    for name, probe in probes.items():
        found = [probe(p, labels, t) for p, t in zip(u_probe, u, strict=True)]
        hits = np.array(found) == labels_test  # [members, n]
        accuracy = hits.mean(axis=1)
        measured[f"{name}_accuracy"] = over_members(accuracy)
        measured[f"{name}_of_bayes"] = over_members(accuracy / bayes.mean())
        widened(measured[f"{name}_of_bayes"], hits, bayes)
    silhouettes = [metrics.silhouette(member, labels_test) for member in u]
    return measured | {"silhouette": over_members(silhouettes)}


def _structure(u: Array, world: World, pairs: int) -> Metrics:
    x, components = world.test[:pairs], world.test_components[:pairs]
    global_ = [metrics.global_structure(x, member[:pairs], components) for member in u]
    return {
        "trustworthiness": over_members(
            [metrics.local_structure(x, member[:pairs]) for member in u]
        ),
        "distance_correlation": over_members([everywhere for everywhere, _ in global_]),
        "distance_correlation_across": over_members([across for _, across in global_]),
    }


def _landscape(
    u: Array, u_reference: Array, tangents: Array, world: World, references: int
) -> Metrics:
    """E(x; x_ref) over the test points, with the first `references` of them as x_ref."""
    same = world.test_components[:references, None] == world.test_components
    auroc, depth, rough = [], [], []
    for member, reference, tangent in zip(u, u_reference[:, :references], tangents, strict=True):
        energy = -reference @ member.T  # [references, n]
        gradient = -np.einsum("rk,dnk->rnd", reference, tangent, optimize=True)
        auroc.append(metrics.landscape_auroc(energy, same))
        depth.append(metrics.well_depth(energy, same))
        rough.append(metrics.roughness(gradient, energy))
    return {
        "auroc": over_members(auroc),
        "depth": over_members(depth),
        "roughness": over_members(rough),
    }


def _score(method: Embedding, encoders: Encoders, world: World, settings: Settings) -> Metrics:
    """The score of the noisy view from the slope of landscapes, at pairs as training sees them.

    `score_chance`: from the noise between the views alone; `score_exact`: from InfoNCE's exact
    critic, which has all of it.
    """
    embed, embed_reference = encoders
    source = generator(settings.seed, "scored")
    x = world.test[:SCORED]
    noise = method.noise * source.standard_normal(x.shape)
    exact = world.mixture.smoothed(method.noise).score(x + noise)
    points = stacked(x + noise, settings)
    tangents = _tangents(array(embed(points)), _jacobian(embed, points))
    g = unit(array(embed_reference(stacked(x, settings))))
    gradient = -np.einsum("mdnk,mnk->mnd", tangents, g)
    measured: Metrics = {
        "score_explained": over_members(
            [metrics.score_explained(m, noise, exact) for m in gradient]
        ),
        "score_chance": metrics.score_explained(np.zeros_like(noise), noise, exact),
    }
    if method.noise:
        slope = Views(world.mixture, method.noise).slope(x, x + noise)
        measured["score_exact"] = metrics.score_explained(-slope, noise, exact)
    return measured


def _volume(jacobian: Array, world: World) -> Metrics:
    """JEPA-SCORE (Balestriero et al. 2025, arXiv 2510.05949) by rank against log p."""
    log_density = world.mixture.log_density(world.test)
    volumes = [metrics.log_volume(member) for member in jacobian]
    return {"jepa_score": over_members([metrics.rank_correlation(v, log_density) for v in volumes])}


def _jacobian(embed: Encode, x: Tensor) -> Array:
    """Derivatives of the embedding in each coordinate of x: `[members, d, batch, dim]`."""
    points = x.clone()  # forward differentiation writes to it; the members' copies are views of one
    columns = [
        torch.func.jvp(embed, (points,), (axis.expand_as(points).clone(),))[1]
        for axis in torch.eye(x.shape[-1], device=x.device)
    ]
    return array(torch.stack(columns, dim=1))


def _tangents(z: Array, jacobian: Array) -> Array:
    """Likewise of the unit embedding u = z / |z|: (J - u (u . J)) / |z|."""
    u = unit(z)[:, None]  # [members, 1, batch, dim]
    length = np.linalg.norm(z, axis=-1)[:, None, :, None]
    across = jacobian - u * (u * jacobian).sum(-1, keepdims=True)
    return np.asarray(across / np.where(length > 0, length, 1))


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
        "r2": {f"x{i}": over_members(explained[i]) for i in range(d)},
        "exact_r2": {f"x{i}": exact[i] for i in range(d)},
        "of_exact": over_members(variance @ explained / (variance @ exact)),
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


def tour_landscapes(encoders: Encoders, mixture: Mixture, settings: Settings) -> Arrays:
    """The first member's landscapes from a tour past all components' means."""
    references = tour(mixture.means, settings.landscape.frames)
    return _landscapes(encoders, "tour", references, settings)


def _landscapes(encoders: Encoders, name: str, references: Array, settings: Settings) -> Arrays:
    """The first member's, from each reference `[r, 2]`: `NAME_landscapes`."""
    embed, embed_reference = encoders
    points = stacked(grid(settings.landscape).reshape(-1, 2), settings)
    u = unit(array(embed(points)[0]))
    g = unit(array(embed_reference(stacked(references, settings))[0]))
    side = settings.landscape.resolution
    energy = (-g @ u.T).reshape(len(references), side, side)
    return {f"{name}_references": references, f"{name}_landscapes": energy.astype(np.float32)}
