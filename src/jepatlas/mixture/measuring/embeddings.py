"""What an embedding has learned: collapse, clusters, structure, landscapes, masked coordinates."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from jepatlas.common.base.random import generator
from jepatlas.common.base.vectors import unit
from jepatlas.common.learning.trained import restore
from jepatlas.common.measuring.statistics import by_member, effective_rank, over_members
from jepatlas.mixture.learning.method import Embedding, Masked
from jepatlas.mixture.measuring import metrics
from jepatlas.mixture.measuring.centring import Encode, Encoders
from jepatlas.mixture.measuring.metrics import Array
from jepatlas.mixture.measuring.points import Settings, array, grid, of_members, stacked, tour
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
    test, probe = of_members(world.test, settings), of_members(world.probe, settings)
    embed, embed_reference = encoders
    z, g = embed(test), embed_reference(test)
    jacobian = _jacobian(embed, test)
    u, u_reference = unit(array(z)), unit(array(g))
    u_probe = unit(array(embed(probe)))

    measured = {
        "collapse": _collapse(u, array(z)),
        "clusters": _clusters(u_probe, u, world),
        "structure": _neighbours(u, world, settings.evaluation.neighbourhoods)
        | _distances(embed, world.mixture, settings)
        | _volume(jacobian, world),
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
        "spread": by_member(metrics.spread, u),
        "effective_rank": by_member(effective_rank, z),
    }


def _clusters(u_probe: Array, u: Array, world: World) -> Metrics:
    labels = world.test_components  # [members, n]
    bayes = (world.mixture.posterior(world.test).argmax(-1) == labels).mean(axis=1)
    measured: Metrics = {"bayes_accuracy": over_members(bayes)}
    probes = {"knn": metrics.nearest_neighbours, "linear": metrics.linear_probe}
    for name, probe in probes.items():
        members = zip(u_probe, world.probe_components, u, strict=True)
        accuracy = (np.array([probe(*member) for member in members]) == labels).mean(axis=1)
        measured[f"{name}_accuracy"] = over_members(accuracy)
        measured[f"{name}_of_bayes"] = over_members(accuracy / bayes)
    return measured | {"silhouette": by_member(metrics.silhouette, u, labels)}


def _neighbours(u: Array, world: World, count: int) -> Metrics:
    measured = by_member(metrics.local_structure, world.test[:, :count], u[:, :count])
    return {"trustworthiness": measured}


def _distances(embed: Encode, mixture: Mixture, settings: Settings) -> Metrics:
    """In the plane and in the embedding, of pairs of fresh points."""
    pairs = settings.evaluation.pairs
    sources = (generator(settings.seed, member, "pairs") for member in range(settings.members))
    drawn = [mixture.sample(2 * pairs, source) for source in sources]
    x, components = (np.stack(arrays) for arrays in zip(*drawn, strict=True))
    u = unit(array(embed(of_members(x, settings))))
    halves = (one.reshape(len(one), 2, pairs, *one.shape[2:]) for one in (x, u, components))
    global_ = [metrics.global_structure(*member) for member in zip(*halves, strict=True)]
    return {
        "distance_correlation": over_members([everywhere for everywhere, _ in global_]),
        "distance_correlation_across": over_members([across for _, across in global_]),
    }


def _landscape(
    u: Array, u_reference: Array, tangents: Array, world: World, references: int
) -> Metrics:
    """E(x; x_ref) over the test points, with the first `references` of them as x_ref."""
    labels, u_reference = world.test_components, u_reference[:, :references]
    every_same = labels[:, :references, None] == labels[:, None]
    auroc, depth, rough = [], [], []
    members = zip(u, u_reference, tangents, every_same, strict=True)
    for member, reference, tangent, same in members:
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
    critic, which has all of it. Where both views have noise, what is taken off is their difference,
    in which the slope of the kernel is linear as far as the density is even across the noise; of
    the critic's there is no entry.
    """
    embed, embed_reference = encoders
    x = world.test[:, :SCORED]
    sources = [generator(settings.seed, member, "scored") for member in range(len(x))]

    def draw() -> Array:
        normal = [source.standard_normal(x.shape[1:]) for source in sources]
        return method.noise * np.stack(normal)

    noise = draw()
    exact = world.mixture.smoothed(method.noise).score(x + noise)
    points = of_members(x + noise, settings)
    if method.noisy_views == "both":
        own = draw()
        x, noise = x + own, noise - own
    tangents = _tangents(array(embed(points)), _jacobian(embed, points))
    g = unit(array(embed_reference(of_members(x, settings))))
    slopes = {
        "score_explained": -np.einsum("mdnk,mnk->mnd", tangents, g),
        "score_chance": np.zeros_like(noise),
    }
    if method.noise and method.noisy_views == "one":
        slopes["score_exact"] = -Views(world.mixture, method.noise).slope(x, x + noise)
    return {
        name: by_member(metrics.score_explained, slope, noise, exact)
        for name, slope in slopes.items()
    }


def _volume(jacobian: Array, world: World) -> Metrics:
    """JEPA-SCORE (Balestriero et al. 2025, arXiv 2510.05949) by rank against log p."""
    log_density = world.mixture.log_density(world.test)
    volume = map(metrics.log_volume, jacobian)
    return {"jepa_score": by_member(metrics.rank_correlation, volume, log_density)}


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
    probe, test = of_members(world.probe, settings), of_members(world.test, settings)
    members, d = len(test), world.mixture.dimension
    explained, exact = np.empty((d, members)), np.empty((d, members))
    for coordinate in range(d):
        visible = torch.ones(d, device=test.device)
        visible[coordinate] = 0
        u_probe = unit(array(method.predict(networks, probe, visible)))
        u_test = unit(array(method.predict(networks, test, visible)))
        target, target_test = world.probe[..., coordinate], world.test[..., coordinate]
        explained[coordinate] = [
            metrics.explained_variance(*member)
            for member in zip(u_probe, target, u_test, target_test, strict=True)
        ]
        mean, _ = world.mixture.conditional_moments(world.test, coordinate)
        exact[coordinate] = 1 - ((target_test - mean) ** 2).mean(1) / target_test.var(1)
    variance = world.test.var(axis=1).T  # [d, members]
    return {
        "r2": {f"x{i}": over_members(explained[i]) for i in range(d)},
        "exact_r2": {f"x{i}": over_members(exact[i]) for i in range(d)},
        "of_exact": over_members((variance * explained).sum(0) / (variance * exact).sum(0)),
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
