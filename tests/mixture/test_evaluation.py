"""The whole evaluation: of methods made to know the truth, and of small trained ones."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from scipy.spatial.distance import mahalanobis
from scipy.stats import multivariate_normal, sem, spearmanr, t
from sklearn.metrics import roc_auc_score
from torch import Tensor, nn

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import rounded
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.trained import Trained
from jepatlas.common.measuring import measures
from jepatlas.mixture.drawing import album, maps, sheet
from jepatlas.mixture.drawing import tables as plot_tables
from jepatlas.mixture.learning.fitting import fit, initial
from jepatlas.mixture.learning.method import Base, Embedding, Masked, ScoreMatching, load
from jepatlas.mixture.measuring import fields, scores
from jepatlas.mixture.measuring.embeddings import _distances
from jepatlas.mixture.measuring.evaluation import evaluate, headlines, through_training
from jepatlas.mixture.measuring.metrics import score_explained
from jepatlas.mixture.measuring.parameters import Evaluation, Langevin
from jepatlas.mixture.measuring.points import Settings, tour
from jepatlas.mixture.reporting import page
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import Data, Landscape
from jepatlas.mixture.truth.world import World
from tests.mixture.own import Own

# torch's own, from inside the first forward differentiation of a process.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")
REPOSITORY = Path(__file__).resolve().parents[2]
MEMBERS = 2
GENERATOR = torch.Generator().manual_seed(0)
WORLD = World.draw(
    Mixture(
        [0.40, 0.35, 0.25],
        [[0, 0], [5, 3.5], [-5, 7]],
        [[[1, 0.8], [0.8, 1]], [[1, -0.6], [-0.6, 1]], [[0.5, 0], [0, 0.5]]],
    ),
    Data(train=200, probe=300, test=250),
    MEMBERS,
    seed=0,
)
SETTINGS = Settings(
    seed=0,
    members=MEMBERS,
    evaluation=Evaluation(references=6, collapsed=0.01, neighbourhoods=100, pairs=100, slices=16),
    langevin=Langevin(chains=100, steps=20, unadjusted_step=0.1, adjusted_step=0.5),
    landscape=Landscape(x=(-10, 10), y=(-7, 14), resolution=7, frames=5),
    device=torch.device("cpu"),
)
FIELDS = {"steps": 1, "batch": 1, "learning_rate": 1, "schedule": "constant"}


def leaves(content: Any, *keys: str) -> Iterator[tuple[str, Any]]:
    """("a.b.c", number) for every number of nested metrics."""
    if isinstance(content, dict):
        for key, item in content.items():
            yield from leaves(item, *keys, key)
    else:
        yield ".".join(keys), content


def measure(
    method: Base,
    networks: nn.ModuleDict,
    snapshots: dict[int, dict[str, Tensor]] | None = None,
    settings: Settings = SETTINGS,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Metrics by dotted key, and arrays; the snapshots are the state as it is, if not given."""
    if snapshots is None:
        snapshots = {0: networks.state_dict(), 1: networks.state_dict()}
    losses = {"loss": torch.zeros(1, MEMBERS)}
    trained = Trained(snapshots[max(snapshots)], snapshots, torch.tensor([1]), losses)
    measured, drawn = evaluate(method, networks, trained, WORLD, settings)
    drawn |= through_training(method, networks, trained, WORLD, settings)
    return dict(leaves(measured)), drawn


# The tour


@pytest.mark.parametrize("per_side", [1, 4])
def test_tour_goes_straight_from_stop_to_stop_and_back(per_side):
    stops = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 8.0]])
    points = tour(stops, 3 * per_side)
    expected = [
        a + (b - a) * i / per_side
        for a, b in itertools.pairwise([*stops, stops[0]])
        for i in range(per_side)
    ]
    np.testing.assert_allclose(points, expected, atol=1e-12)


@pytest.mark.parametrize("count", [2, 7, 30])
def test_tour_of_any_length_starts_at_the_first_stop_and_stays_on_the_polygon(count):
    stops = np.random.default_rng(0).normal(size=(4, 2))
    points = tour(stops, count)
    assert points.shape == (count, 2)
    np.testing.assert_array_equal(points[0], stops[0])
    for point in points:
        # On a side, the ways to its two ends add up to it.
        detours = [
            np.linalg.norm(point - a) + np.linalg.norm(point - b) - np.linalg.norm(a - b)
            for a, b in itertools.pairwise([*stops, stops[0]])
        ]
        assert min(detours) == pytest.approx(0, abs=1e-12)


# Methods that know the truth


def log_joint(mixture: Mixture, x: Tensor) -> Tensor:
    """log w_k N(x; m_k, C_k), `[..., k]`, by torch's Gaussians."""
    terms = [
        w.log() + torch.distributions.MultivariateNormal(m, c, validate_args=False).log_prob(x)
        for w, m, c in zip(
            *(
                torch.tensor(array.copy(), dtype=x.dtype)
                for array in (mixture.weights, mixture.means, mixture.covariances)
            ),
            strict=True,
        )
    ]
    return torch.stack(terms, dim=-1)


class Untrained(Base):
    """What the methods below share: nothing to train."""

    def networks(self, points: Tensor, draws: Draws) -> nn.ModuleDict:
        return nn.ModuleDict({"online": nn.Identity()})

    def loss(self, networks: nn.ModuleDict, batch: Tensor, draws: Draws) -> Tensor:
        raise NotImplementedError


class Posterior(Untrained, Embedding):
    """The embedding is the exact posterior of the components."""

    def embed(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        return log_joint(WORLD.mixture, x).softmax(-1)


class Plane(Untrained, Embedding):
    """The plane itself, a little of it on the sphere: an isometry up to scale."""

    def embed(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        return torch.cat([1e-3 * x, torch.ones_like(x[..., :1])], dim=-1)


class ConditionalMeans(Untrained, Masked):
    """Predicts the masked coordinate's exact mean given the other; the embedding is x itself."""

    def embed(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        return torch.cat([1e-3 * x, torch.ones_like(x[..., :1])], dim=-1)

    embed_reference = embed

    def predict(self, networks: nn.ModuleDict, x: Tensor, visible: Tensor) -> Tensor:
        (masked,) = (visible == 0).nonzero().flatten().tolist()
        mean, _ = WORLD.mixture.conditional_moments(x.numpy(), masked)
        full = x.clone()
        full[..., masked] = torch.tensor(mean, dtype=x.dtype)
        return self.embed(networks, full)


class Exact(Untrained, ScoreMatching):
    """The exact energy of the smoothed mixture, off by a constant that nobody can know."""

    def energy(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        return 7 - log_joint(WORLD.mixture.smoothed(self.sigma), x).logsumexp(-1)

    def gradient(self, networks: nn.ModuleDict, x: Tensor) -> Tensor:
        return torch.func.grad(lambda y: self.energy(networks, y).sum())(x)


def embedding(kind: type[Embedding], **extra: Any) -> Embedding:
    return kind(**FIELDS, noise=0.1, widths=(3,), **extra)


def measure_untrained(method: Base, settings: Settings = SETTINGS) -> Any:
    networks = method.networks(torch.zeros(0), Draws(0, MEMBERS, "weights"))
    return measure(method, networks, settings=settings)


def test_the_posterior_separates_the_components():
    measured, _ = measure_untrained(embedding(Posterior))
    share = np.bincount(WORLD.test_components.ravel()) / WORLD.test_components.size
    assert measured["landscape.auroc.mean"] > 0.99
    assert measured["landscape.depth.mean"] == pytest.approx(1, abs=0.02)  # from -1 to 0
    assert measured["clusters.bayes_accuracy.mean"] > 0.98
    assert measured["clusters.knn_of_bayes.mean"] == pytest.approx(1, abs=0.02)
    assert measured["clusters.linear_of_bayes.mean"] == pytest.approx(1, abs=0.02)
    assert measured["clusters.silhouette.mean"] > 0.95
    # Nearly one-hot: 1 - |mean|^2.
    assert measured["collapse.spread.mean"] == pytest.approx(1 - (share**2).sum(), abs=0.02)
    assert measured["collapse.members_collapsed"] == 0
    assert np.isnan(measured["collapse.step.mean"])


def test_the_interval_of_members_that_agree_is_that_of_their_test_points():
    measured, _ = measure_untrained(embedding(Posterior))
    hits, spreads = [], []
    for x, labels in zip(WORLD.test, WORLD.test_components, strict=True):
        components = zip(
            WORLD.mixture.weights, WORLD.mixture.means, WORLD.mixture.covariances, strict=True
        )
        joint = [w * multivariate_normal(m, c).pdf(x) for w, m, c in components]
        u = np.stack(joint, axis=1)
        hits.append((u.argmax(axis=1) == labels).mean())
        u /= np.linalg.norm(u, axis=1, keepdims=True)
        spreads.append(1 - np.linalg.norm(u.mean(axis=0)) ** 2)
    assert measured["clusters.bayes_accuracy.members"] == pytest.approx(hits)
    low, high = t.interval(0.95, MEMBERS - 1, np.mean(spreads), sem(spreads))
    assert measured["collapse.spread.mean"] == pytest.approx(np.mean(spreads), abs=1e-6)
    assert measured["collapse.spread.ci95"] == pytest.approx((high - low) / 2, rel=1e-3)


def test_members_lie_around_the_distance_correlation_of_all_points():
    """That of one fixed embedding, from far more points than theirs, as far off as as many
    independent pairs are."""
    pairs, members = 2000, 12
    evaluation = SETTINGS.evaluation.model_copy(update={"pairs": pairs})
    settings = replace(SETTINGS, members=members, evaluation=evaluation)

    def embed(x: Tensor) -> Tensor:
        return torch.cat([x[..., :1], torch.full_like(x[..., :1], 5)], dim=-1)

    found = _distances(embed, WORLD.mixture, settings)
    x, components = WORLD.mixture.sample(400_000, np.random.default_rng(0))
    apart = np.linalg.norm(x[::2] - x[1::2], axis=1)
    angles = np.arctan(x[:, 0] / 5)
    across = components[::2] != components[1::2]
    every = np.ones_like(across)
    for key, kept in {"distance_correlation": every, "distance_correlation_across": across}.items():
        truth = spearmanr(apart[kept], np.abs(angles[::2] - angles[1::2])[kept]).statistic
        own = np.array(found[key]["members"])
        assert abs(own.mean() - truth) < 4 * sem(own)
        assert 0.3 < own.std(ddof=1) * np.sqrt(pairs * kept.mean()) < 1.7


def test_an_isometry_keeps_the_structure():
    measured, _ = measure_untrained(embedding(Plane))
    for key in ("trustworthiness", "distance_correlation", "distance_correlation_across"):
        assert measured[f"structure.{key}.mean"] == pytest.approx(1, abs=1e-3)
    assert measured["collapse.spread.mean"] < 1e-4
    assert measured["collapse.members_collapsed"] == MEMBERS
    assert measured["collapse.step.mean"] == 0


def test_exact_conditional_means_explain_all_that_can_be_explained():
    method = embedding(ConditionalMeans, averaging=0.9, predictor=(1,))
    measured, _ = measure_untrained(method)
    for i in range(2):
        of_members = []
        for test in WORLD.test:
            mean, _ = WORLD.mixture.conditional_moments(test, i)
            x = test[:, i]
            of_members.append(1 - ((x - mean) ** 2).sum() / ((x - x.mean()) ** 2).sum())
        expected = np.mean(of_members)
        assert measured[f"masked.exact_r2.x{i}.members"] == pytest.approx(of_members, rel=1e-9)
        # The ridge may bend the exact prediction a little; float32 adds its rounding.
        assert measured[f"masked.r2.x{i}.mean"] == pytest.approx(expected, abs=0.02)
    assert measured["masked.of_exact.mean"] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("sigma", [0.0, 1.0])
def test_the_exact_energy_has_no_error(sigma):
    method = Exact(**FIELDS, sigma=sigma, hidden=(1,))
    measured, drawn = measure_untrained(method)
    assert measured["score.fisher_error.mean"] < 1e-9
    assert measured["score.energy_correlation.mean"] == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(drawn["energy"], drawn["exact_energy"], rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(drawn["score"], drawn["exact_score"], rtol=1e-3, atol=1e-4)


def test_the_distance_beside_an_energy_is_that_of_mahalanobis():
    inverse = np.linalg.inv(WORLD.mixture.covariance)
    expected = [mahalanobis(x, WORLD.mixture.mean, inverse) ** 2 for x in WORLD.test[0]]
    np.testing.assert_allclose(scores.mahalanobis(WORLD.test, WORLD.mixture)[0], expected)
    measured, _ = measure_untrained(Exact(**FIELDS, sigma=0.0, hidden=(1,)))
    assert 0 < measured["score.energy_correlation_distance.mean"] < 0.99


def test_adjusted_chains_in_the_exact_energy_are_as_good_as_exact_samples():
    """With the smoothing wide enough for chains to get from well to well."""
    settings = Settings(
        **vars(SETTINGS)
        | {"langevin": Langevin(chains=300, steps=150, unadjusted_step=0.1, adjusted_step=4.0)}
    )
    method = Exact(**FIELDS, sigma=3.0, hidden=(1,))
    measured, _ = measure_untrained(method, settings)
    of_exact = measured["sampling.adjusted.of_exact.mean"]
    distance = measured["sampling.adjusted.sliced_wasserstein.mean"]
    between = measured["sampling.exact.sliced_wasserstein.mean"]
    assert of_exact == pytest.approx(distance / between)
    assert measured["sampling.adjusted.of_exact.ci95"] > 0  # of the members
    assert 0.5 < of_exact < 2
    assert measured["sampling.adjusted.weight_error.mean"] < 0.05
    assert 0.2 < measured["sampling.adjusted.acceptance.mean"] < 1
    assert measured["sampling.unadjusted.acceptance.mean"] == 1


def test_chains_start_from_the_gaussian_of_the_training_points():
    """White noise, once the points' mean and covariance are taken out; the first member's."""
    settings = Settings(
        **vars(SETTINGS)
        | {"langevin": Langevin(chains=400, steps=1, unadjusted_step=0.1, adjusted_step=0.1)}
    )
    method = Exact(**FIELDS, sigma=1.0, hidden=(1,))
    _, drawn = measure_untrained(method, settings)
    mean, covariance = WORLD.train[0].mean(axis=0), np.cov(WORLD.train[0].T, bias=True)
    for name in ("adjusted", "unadjusted"):
        start = drawn[f"{name}_path"][0]  # [chains, 2]
        white = np.linalg.solve(np.linalg.cholesky(covariance), (start - mean).T)
        assert np.abs(white.mean(axis=1)).max() < 4 / np.sqrt(400)
        assert np.abs(np.cov(white) - np.eye(2)).max() < 4 * np.sqrt(2 / 400)
    assert (drawn["adjusted_path"][0] != drawn["unadjusted_path"][0]).any(axis=1).all()


# What is drawn


def test_landscapes_lie_on_the_grid_row_by_row_from_below():
    """E(x; x_ref) = -cos of the two posteriors, each computed here at its point."""
    _, drawn = measure_untrained(embedding(Posterior))
    axis_x, axis_y = np.linspace(-10, 10, 7), np.linspace(-7, 14, 7)
    np.testing.assert_array_equal(drawn["means_references"], WORLD.mixture.means)
    np.testing.assert_array_equal(drawn["tour_references"], tour(WORLD.mixture.means, 5))
    for name in ("means", "tour"):
        references = WORLD.mixture.posterior(drawn[f"{name}_references"])
        landscapes = drawn[f"{name}_landscapes"]
        assert landscapes.shape == (len(references), 7, 7)
        for row, column in itertools.product(range(7), range(7)):
            u = WORLD.mixture.posterior([axis_x[column], axis_y[row]])
            cosine = references @ u / np.linalg.norm(references, axis=1) / np.linalg.norm(u)
            np.testing.assert_allclose(landscapes[:, row, column], -cosine, atol=1e-4)


def test_fields_lie_on_the_grid_row_by_row_from_below():
    method = Exact(**FIELDS, sigma=1.0, hidden=(1,))
    _, drawn = measure_untrained(method)
    smoothed = WORLD.mixture.smoothed(1.0)
    axis_x, axis_y = np.linspace(-10, 10, 7), np.linspace(-7, 14, 7)
    for row, column in itertools.product(range(7), range(7)):
        expected = -smoothed.log_density([axis_x[column], axis_y[row]])
        assert drawn["exact_energy"][row, column] == pytest.approx(expected, rel=1e-5)
    arrows = drawn["arrows"]
    np.testing.assert_allclose(arrows[0, 0], [-10, -7])
    np.testing.assert_allclose(arrows[0, -1], [10, -7])
    np.testing.assert_allclose(arrows[-1, 0], [-10, 14])
    np.testing.assert_allclose(drawn["exact_score"], smoothed.score(arrows), rtol=1e-9)


# Real methods, small


def small(name: str, monkeypatch: pytest.MonkeyPatch, recipe: str = "default") -> Any:
    monkeypatch.chdir(REPOSITORY)
    method = load(name, recipe)
    sizes = {
        "steps": 25,
        "batch": 32,
        "widths": (12, 8),
        "predictor": (8,),
        "hidden": (12, 10),
    }
    known = [key for key in type(method).model_fields if getattr(method, key) is not None]
    return method.model_copy(update={k: v for k, v in sizes.items() if k in known})


def new_networks(method: Base) -> nn.ModuleDict:
    return initial(method, torch.tensor(WORLD.train, dtype=torch.float32), seed=0)


def trained_networks(method: Any) -> tuple[nn.ModuleDict, Trained]:
    networks, points = new_networks(method), torch.tensor(WORLD.train, dtype=torch.float32)
    return networks, fit("test", method, points, seed=0, snapshots=4)


RANGES = {
    "collapse.spread": (0, 1),
    "collapse.effective_rank": (1, 8),
    "clusters.knn_accuracy": (0, 1),
    "clusters.linear_accuracy": (0, 1),
    "clusters.silhouette": (-1, 1),
    "structure.trustworthiness": (0, 1),
    "structure.distance_correlation": (-1, 1),
    "structure.distance_correlation_across": (-1, 1),
    "landscape.auroc": (0, 1),
    "landscape.depth": (-2, 2),
    "landscape.roughness": (0, 100),
    "landscape.score_explained": (0, 1),
}
MASKED_RANGES = {"masked.r2.x0": (-1, 1), "masked.r2.x1": (-1, 1), "masked.of_exact": (-5, 1.2)}
SCORE_RANGES = {
    "score.fisher_error": (0, 2),
    "score.energy_correlation": (-1, 1),
    "sampling.exact.sliced_wasserstein": (0, 10),
    "sampling.unadjusted.sliced_wasserstein": (0, 100),
    "sampling.adjusted.sliced_wasserstein": (0, 10),
    "sampling.adjusted.weight_error": (0, 1),
    "sampling.adjusted.acceptance": (0, 1),
    "sampling.unadjusted.acceptance": (1, 1),
}


@pytest.mark.parametrize(
    ("name", "ranges"),
    [
        ("contrastive", RANGES),
        ("jepa_masked", RANGES | MASKED_RANGES),
        ("dsm", SCORE_RANGES),
    ],
)
def test_a_trained_method_from_end_to_end(monkeypatch, tmp_path, name, ranges):
    method = small(name, monkeypatch)
    monkeypatch.chdir(tmp_path)
    networks, trained = trained_networks(method)
    metrics, drawn = evaluate(method, networks, trained, WORLD, SETTINGS)
    drawn |= through_training(method, networks, trained, WORLD, SETTINGS)
    measured = dict(leaves(metrics))
    for key, (low, high) in ranges.items():
        least, mean, most = (measured[f"{key}.{part}"] for part in ("min", "mean", "max"))
        assert low - 1e-6 <= least <= mean <= most <= high + 1e-6, key
        assert measured[f"{key}.ci95"] >= 0
    json.dumps(rounded(metrics), allow_nan=False)

    np.testing.assert_array_equal(drawn["steps"], [20, 25])
    np.testing.assert_array_equal(drawn["losses"], trained.curves["loss"])
    for array in drawn.values():
        assert array.dtype != object
        assert array.dtype.kind == "U" or np.isfinite(array).all()
    if name == "jepa_masked":
        # Squared errors add up over coordinates, R^2 does not.
        total = WORLD.test.var(axis=1)  # [members, 2]
        ours, exact = (
            sum(total[:, i] * measured[f"masked.{key}.x{i}.members"] for i in range(2))
            for key in ("r2", "exact_r2")
        )
        assert measured["masked.of_exact.members"] == pytest.approx(ours / exact, rel=1e-9)
    if name == "dsm":
        assert measured["sampling.exact.sliced_wasserstein.min"] > 0.01, "not the same samples"
        assert drawn["adjusted_path"].shape == (5, 100, 2)
        assert drawn["unadjusted_path"].shape == (5, 100, 2)
        assert drawn["exact_samples"].shape == (100, 2)
    else:
        np.testing.assert_array_equal(drawn["snapshot_steps"], sorted(trained.snapshots))
        last = drawn["spread"][-1].mean()
        assert measured["collapse.spread.mean"] == pytest.approx(last, rel=1e-9)
        assert drawn["effective_rank"].shape == drawn["spread"].shape == (4, MEMBERS)
        assert np.abs(drawn["tour_landscapes"]).max() <= 1 + 1e-6


@pytest.mark.parametrize(
    "name", ["vicreg", "jepa_pairwise", "jepa_masked", "jepa_ema", "dsm", "energy"]
)
def test_a_method_as_published_from_end_to_end(monkeypatch, tmp_path, name):
    method = small(name, monkeypatch, "as_published")
    monkeypatch.chdir(tmp_path)
    networks, trained = trained_networks(method)
    metrics, drawn = evaluate(method, networks, trained, WORLD, SETTINGS)
    drawn |= through_training(method, networks, trained, WORLD, SETTINGS)
    json.dumps(rounded(metrics), allow_nan=False)
    for array in drawn.values():
        assert array.dtype.kind == "U" or np.isfinite(array).all()
    assert ("optimum" in metrics) == isinstance(method, ScoreMatching)


def test_optima_are_told_only_of_pairs_that_they_are_known_of(monkeypatch):
    """With noise on both views the joint density is another one."""
    method = small("vicreg", monkeypatch)
    networks = new_networks(method)
    one, _ = measure(method, networks)
    both, _ = measure(method.model_copy(update={"noisy_views": "both"}), networks)
    missing = {key for key in one if key not in both}
    parts = {key.split(".")[0] for key in missing}
    assert parts == {"optimum", "information", "spectrum", "landscape"}
    assert "landscape.score_exact.mean" in missing
    for key in both:
        if "score" not in key:
            np.testing.assert_equal(both[key], one[key])


def test_the_exact_critic_of_two_noisy_views_has_nearly_all_of_the_score():
    """Views a and b have the joint density of a mixture of Gaussians in four dimensions."""
    mixture, noise = WORLD.mixture, 0.1
    shared = mixture.covariances
    own = shared + noise**2 * np.eye(2)
    joint = Mixture(
        mixture.weights,
        np.concatenate([mixture.means, mixture.means], axis=1),
        np.block([[own, shared], [shared, own]]),
    )
    views, _ = joint.sample(1000, np.random.default_rng(0))
    a, b = np.split(views, 2, axis=1)
    exact = mixture.smoothed(noise).score(b)
    slope = joint.score(views)[:, 2:] - exact  # of log p(b | a) - log p(b)
    assert score_explained(-slope, b - a, exact) > 0.99


@pytest.mark.parametrize("name", ["jepa", "dsm"])
def test_the_same_evaluation_gives_the_same_numbers(monkeypatch, name):
    method = small(name, monkeypatch)
    networks = new_networks(method)
    (first, drawn), (again, redrawn) = measure(method, networks), measure(method, networks)
    np.testing.assert_equal(first, again)
    for key, array in drawn.items():
        np.testing.assert_array_equal(array, redrawn[key])


def landscape_by_loops(method: Embedding, networks: nn.ModuleDict) -> tuple[list[float], ...]:
    """AUROC and roughness of each member, with slopes by finite differences in float64."""
    networks = networks.double()

    def units(points: np.ndarray, embed: Any) -> np.ndarray:
        z = embed(networks, torch.tensor(points))
        return nn.functional.normalize(z, dim=-1).detach().numpy()

    x, step = WORLD.test, 1e-6
    references = units(x[:, : SETTINGS.evaluation.references], method.embed_reference)
    u = units(x, method.embed)
    shifted = [
        (units(x + e, method.embed) - units(x - e, method.embed)) / (2 * step)
        for e in step * np.eye(2)
    ]
    auroc, rough = [], []
    for member in range(MEMBERS):
        areas, slopes, labels = [], [], WORLD.test_components[member]
        for number, reference in enumerate(references[member]):
            cosine = u[member] @ reference
            areas.append(roc_auc_score(labels == labels[number], cosine))
            slope = np.hypot(*(along[member] @ reference for along in shifted))
            slopes.append(slope.mean() / (cosine.max() - cosine.min()))
        auroc.append(np.mean(areas))
        rough.append(np.mean(slopes))
    return auroc, rough


@pytest.mark.parametrize("name", ["contrastive", "jepa_ema"])
def test_the_landscapes_tangents_are_finite_differences(monkeypatch, name):
    """Through the roughness, which is made of them; with a target, x_ref goes through it."""
    method = small(name, monkeypatch)
    networks = new_networks(method)
    if "average" in networks:
        for parameter in networks["average"].parameters():
            parameter.data += 0.3 * Draws(9, MEMBERS, "average").normal(*parameter.shape[1:])
    measured, _ = measure(method, networks)
    auroc, rough = landscape_by_loops(method, networks)
    for key, expected in {"auroc": auroc, "roughness": rough}.items():
        for part, value in {"mean": np.mean, "min": np.min, "max": np.max}.items():
            found = measured[f"landscape.{key}.{part}"]
            assert found == pytest.approx(value(expected), rel=1e-3), key


def collapsed_states(networks: nn.ModuleDict) -> dict[int, dict[str, Tensor]]:
    """As it is at step 0, and constant from step 10 on."""
    start = {name: tensor.clone() for name, tensor in networks.state_dict().items()}
    last = max(name for name in start if name.endswith("weight"))
    constant = start | {last: torch.zeros_like(start[last])}
    return {0: start, 10: constant, 30: constant}


def test_a_collapsed_embedding_is_told_as_such(monkeypatch):
    """What it leaves undefined, such as correlations, is NaN, and no warning is printed."""
    method = small("jepa", monkeypatch)
    networks = new_networks(method)
    measured, drawn = measure(method, networks, collapsed_states(networks))
    assert measured["collapse.members_collapsed"] == MEMBERS
    assert measured["collapse.step.mean"] == 10
    assert measured["collapse.spread.max"] == pytest.approx(0, abs=1e-6)
    assert measured["collapse.effective_rank.max"] == pytest.approx(1, abs=1e-3)
    assert measured["landscape.auroc.mean"] == pytest.approx(0.5, abs=1e-9)
    assert (drawn["spread"][0] > 0.01).all()


def test_weights_of_other_networks_are_an_input_error(monkeypatch):
    method = small("jepa", monkeypatch)
    other = method.model_copy(update={"widths": (5, 8)})
    with pytest.raises(InputError, match="do not fit the networks"):
        measure(method, new_networks(method), {1: new_networks(other).state_dict()})


# What the page is drawn from


def test_moments_go_from_the_first_to_the_last():
    steps = sorted({round(float(np.expm1(x))) for x in np.linspace(0, np.log1p(2000), 24)})
    found = fields.moments(steps)
    assert (found[0], found[-1]) == (0, 2000)
    assert len(found) <= fields.MOMENTS
    assert set(found) <= set(steps)
    assert fields.moments([0, 1]) == [0, 1]


def apart(online, target, step, offset):
    """1 - cos of every u and every v by their deviations: |u - v|^2 / 2."""
    far = (online[:, None].astype(float) - target) * step + offset
    return (far**2).sum(-1) / 2


@pytest.mark.parametrize("scale", [1, 1e-6])
def test_deviations_keep_landscapes_on_their_own_scale(scale):
    """Of vectors all around, and of some that differ from one direction by millionths; seen from
    themselves, and from others that lie elsewhere."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 64))
    z = rng.normal(size=64) + scale * (hidden + 0.01 * rng.normal(size=(200, 64)))
    u = z / np.linalg.norm(z, axis=1, keepdims=True)
    away = z + np.eye(64)[0]
    for v in (u, away / np.linalg.norm(away, axis=1, keepdims=True)):
        found = apart(*fields.deviations(u, v))
        exact = ((u[:, None] - v) ** 2).sum(-1) / 2
        np.testing.assert_allclose(found, exact, atol=0.02 * np.ptp(exact, axis=0).min())
    assert len(fields.deviations(u, u).step) < 10


def test_equal_vectors_deviate_by_nothing():
    found = fields.deviations(*np.zeros((2, 200, 64)))
    assert found.online.shape == (200, 1)
    assert not np.any(apart(*found))


@pytest.mark.parametrize("name", ["contrastive", "jepa_ema", "dsm"])
def test_fields_redraw_what_the_method_says(monkeypatch, name):
    """From the arrays alone: cosines within 0.01, energies within half a step."""
    method = small(name, monkeypatch)
    networks = new_networks(method)
    if "average" in networks:  # a target that differs
        for parameter in networks["average"].parameters():
            parameter.data.add_(0.1 * torch.randn(parameter.shape, generator=GENERATOR))
    _, drawn = measure(method, networks)
    side = fields.SIDE
    x = np.stack(np.meshgrid(np.linspace(-10, 10, side), np.linspace(-7, 14, side)), axis=-1)
    points = torch.tensor(x.reshape(-1, 2), dtype=torch.float32).expand(MEMBERS, -1, -1)
    last = len(drawn["field_steps"]) - 1
    with torch.no_grad():
        if name == "dsm":
            energy = method.energy(networks, points)[0].double().numpy()
            expected = (energy - energy.min()).clip(max=fields.CEILING)
            found = drawn[f"energy_{last}"].reshape(-1) / drawn["field_nats"]
            np.testing.assert_allclose(found, expected, atol=0.51 / fields.NATS)
            return
        u = nn.functional.normalize(method.embed(networks, points)[0], dim=-1).double()
        g = nn.functional.normalize(method.embed_reference(networks, points)[0], dim=-1).double()
    assert (f"target_{last}" in drawn) == (name == "jepa_ema")
    assert 0 < drawn[f"rounding_{last}"] < 1e-5
    online = drawn[f"field_{last}"].reshape(-1, side * side).T
    target = drawn.get(f"target_{last}", drawn[f"field_{last}"]).reshape(-1, side * side).T
    chosen = [0, 3000, 6000]
    found = 1 - apart(online, target[chosen], drawn[f"step_{last}"], drawn[f"offset_{last}"])
    np.testing.assert_allclose(found, (u @ g[chosen].T).numpy(), atol=0.01)


def test_a_method_with_networks_of_its_own_kind_is_seen_everywhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    fitting = {"steps": 25, "batch": 32, "learning_rate": 0.01, "schedule": "cosine"}
    method = Own(noise=0.5, widths=(6,), **fitting)
    points = torch.tensor(WORLD.train, dtype=torch.float32)
    trained = fit("my_own", method, points, 0, 4)
    networks = initial(method, points, 0)
    measured, drawn = evaluate(method, networks, trained, WORLD, SETTINGS)
    table = measures.table("my_own", {"default": measured})
    assert {"auroc", "spread", "knn", "regret"} == set(headlines(method, table))
    scene = maps.Scene(maps.Plane((-10, 10), (-7, 14)), MEMBERS, 0.01, 20)
    published = sheet.Entry("my_own", "as_published", drawn, measured)
    drawn = drawn | through_training(method, networks, trained, WORLD, SETTINGS)
    entry = sheet.Entry("my_own", "default", drawn, measured)
    album.draw([published, entry], scene, tmp_path)
    names = {"my_own.png", "my_own.gif", "sheet.png", "as_published.png"}
    assert {file.name for file in (tmp_path / "pictures").iterdir()} == names
    assert (tmp_path / "papers/my_own.svg").exists()
    for made in (plot_tables.training([entry]), plot_tables.collapse([entry])):
        assert set(made["method"]) == {"my_own"}
    params = {"mixture": "document", "methods": {"my_own": {"default": {}}}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump({"mixture": params}), encoding="utf-8")
    shown = page.method("my_own", drawn, {}, SETTINGS.landscape)
    assert (shown["label"], shown["kind"]) == ("my own", "embedding")
    assert drawn["members"].shape == (MEMBERS, fields.SMALL, fields.SMALL)
    assert [state["at"] for state in shown["states"]] == drawn["field_steps"].tolist()
    assert all(state["online"] for state in shown["states"])
