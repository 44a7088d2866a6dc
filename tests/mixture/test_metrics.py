"""The metrics against brute force, closed forms and other libraries."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from jepatlas.mixture.measuring import metrics
from jepatlas.mixture.measuring.metrics import unit

LABELS = np.random.default_rng(7).integers(0, 3, size=60)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def rotation(dim: int) -> np.ndarray:
    return np.linalg.qr(normal(dim, dim, seed=99))[0]


def clusters(n: int, distance: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Points of three clusters in 4 dimensions, `distance` standard deviations apart or so."""
    labels = np.random.default_rng(seed + 100).integers(0, 3, size=n)
    return normal(n, 4, seed=seed) + distance * np.eye(3, 4)[labels], labels


# Unit vectors and collapse


def test_unit_vectors():
    z = normal(5, 7, 3)
    u = unit(z)
    np.testing.assert_allclose((u**2).sum(-1), 1, rtol=1e-12)
    np.testing.assert_allclose(u * np.sqrt((z**2).sum(-1, keepdims=True)), z, rtol=1e-12)


def test_a_zero_vector_stays_zero():
    np.testing.assert_array_equal(unit(np.array([[0.0, 0.0], [3.0, 4.0]])), [[0, 0], [0.6, 0.8]])


@pytest.mark.parametrize("count", [2, 3, 16])
def test_spread_around_the_circle_is_1(count):
    angle = 2 * np.pi * np.arange(count) / count
    u = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    assert metrics.spread(u) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("angle", [0.0, 0.01, 1.0, np.pi])
@pytest.mark.parametrize("share", [0.5, 0.1])
def test_spread_of_two_directions(angle, share):
    """|mean|^2 = 1 - 2 p (1 - p) (1 - cos angle)."""
    first, second = [1.0, 0.0], [np.cos(angle), np.sin(angle)]
    u = np.array([first] * round(10 * share) + [second] * round(10 * (1 - share)))
    expected = 2 * share * (1 - share) * (1 - np.cos(angle))
    assert metrics.spread(u) == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_spread_is_half_the_mean_squared_distance_of_pairs():
    u = unit(normal(30, 5) + 1)
    squares = [((a - b) ** 2).sum() for a in u for b in u]
    assert metrics.spread(u) == pytest.approx(np.mean(squares) / 2, rel=1e-12)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5, 4, 3], np.nan),
        ([5, 1, 3], np.nan),
        ([1, 1, 1], 0),
        ([5, 1, 1], 10),
        ([1, 5, 1], 100),
        ([5, 4, 1], 100),
        ([5, 4, 2], np.nan),  # 2 is the threshold, and not below it
        ([5, 2, 1], 100),
        ([5, np.nan, 1], 100),
    ],
)
def test_first_below_is_the_last_time_that_it_goes_below(values, expected):
    found = metrics.first_below([0, 10, 100], values, 2)
    np.testing.assert_equal(found, expected)


# Clusters


def silhouette_by_loops(u: np.ndarray, labels: np.ndarray) -> float:
    total = 0.0
    for i, (x, label) in enumerate(zip(u, labels, strict=True)):
        distance = np.sqrt(((u - x) ** 2).sum(axis=1))
        others = np.arange(len(u)) != i
        within = distance[others & (labels == label)].mean()
        nearest = min(distance[labels == other].mean() for other in set(labels) - {label})
        total += (nearest - within) / max(within, nearest)
    return total / len(u)


@pytest.mark.parametrize("distance", [0, 2, 20])
def test_silhouette_is_the_loop(distance):
    u, labels = clusters(40, distance)
    assert metrics.silhouette(u, labels) == pytest.approx(silhouette_by_loops(u, labels), rel=1e-9)


@pytest.mark.parametrize("distance", [0, 2, 20])
def test_knn_accuracy_is_the_vote_of_ten(distance):
    (u, labels), (u_test, labels_test) = clusters(80, distance), clusters(50, distance, seed=1)
    hits = 0
    for x, label in zip(u_test, labels_test, strict=True):
        nearest = np.argsort(((u - x) ** 2).sum(axis=1))[:10]
        hits += np.bincount(labels[nearest]).argmax() == label  # sklearn's rule for ties, too
    found = metrics.nearest_neighbours(u, labels, u_test)
    assert (found == labels_test).mean() == hits / 50


def test_linear_probe_finds_what_a_plane_can_tell():
    (u, labels), (u_test, labels_test) = clusters(200, 9), clusters(200, 9, seed=1)
    found = metrics.linear_probe(u, labels, u_test)
    assert (found == labels_test).all()
    shuffled = np.random.default_rng(0).permutation(labels_test)
    assert (found == shuffled).mean() < 0.5


def test_linear_probe_does_not_find_what_needs_a_product():
    u, u_test = normal(2000, 2), normal(2000, 2, seed=1)
    labels, labels_test = (np.prod(np.sign(v), axis=1).astype(int) for v in (u, u_test))
    assert (metrics.linear_probe(u, labels, u_test) == labels_test).mean() < 0.7
    assert (metrics.nearest_neighbours(u, labels, u_test) == labels_test).mean() > 0.9


def test_linear_probe_does_not_care_for_scale():
    """Nor for a large offset: a nearly collapsed embedding may still hold the information."""
    (u, labels), (u_test, labels_test) = clusters(300, 3), clusters(300, 3, seed=1)
    found = metrics.linear_probe(u, labels, u_test)
    assert 0.8 < (found == labels_test).mean() < 1
    tiny = metrics.linear_probe(1 + 1e-5 * u, labels, 1 + 1e-5 * u_test)
    assert (tiny != found).sum() <= 1


# Local and global structure


def trustworthiness_by_loops(x: np.ndarray, u: np.ndarray, k: int = 10) -> float:
    """1 - 2 / (n k (2 n - 3 k - 1)) sum of (rank in x - k) over neighbours in u, not in x."""
    n, penalty = len(x), 0
    for i in range(n):
        by_x = [j for j in np.argsort(((x - x[i]) ** 2).sum(axis=1)) if j != i]
        by_u = [j for j in np.argsort(((u - u[i]) ** 2).sum(axis=1)) if j != i]
        penalty += sum(max(by_x.index(j) + 1 - k, 0) for j in by_u[:k])
    return 1 - 2 * penalty / (n * k * (2 * n - 3 * k - 1))


@pytest.mark.parametrize("noise", [0.0, 0.5, 10.0])
def test_local_structure_is_the_loop(noise):
    x = normal(45, 2)
    u = x + noise * normal(45, 2, seed=1)
    found = metrics.local_structure(x, u)
    assert found == pytest.approx(trustworthiness_by_loops(x, u), rel=1e-12)
    assert (found == 1) == (noise == 0)


def ranks(values: list[float]) -> np.ndarray:
    """Of values without ties."""
    return np.argsort(np.argsort(values)).astype(float)


def halved(points: np.ndarray) -> np.ndarray:
    """Pairs of one of the first half and one of the second."""
    return np.stack(np.split(points, 2))


@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_global_structure_is_the_correlation_of_ranks_over_pairs(noise):
    x = normal(60, 2)
    u = x @ normal(2, 4, seed=2) + noise * normal(60, 4, seed=1)
    pairs = [(i, i + 30) for i in range(30)]
    expected = []
    for kept in (pairs, [(i, j) for i, j in pairs if LABELS[i] != LABELS[j]]):
        in_x = ranks([np.linalg.norm(x[i] - x[j]) for i, j in kept])
        in_u = ranks([np.linalg.norm(u[i] - u[j]) for i, j in kept])
        expected.append(np.corrcoef(in_x, in_u)[0, 1])
    found = metrics.global_structure(halved(x), halved(u), halved(LABELS[:60]))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_an_isometry_keeps_all_structure():
    x = normal(60, 2)
    u = 0.01 * np.hstack([x, np.zeros((60, 3))]) @ rotation(5) + 1
    assert metrics.local_structure(x, u) == 1
    # Distances that tie up to rounding could swap ranks, so nearly 1.
    found = metrics.global_structure(halved(x), halved(u), halved(LABELS))
    np.testing.assert_allclose(found, [1, 1], atol=1e-6)


def test_a_constant_map_has_no_global_structure():
    """Undefined, so NaN, which the metrics' file has as null; and no warning on the way."""
    x, u = normal(60, 2), np.ones((60, 3))
    found = metrics.global_structure(halved(x), halved(u), halved(LABELS))
    np.testing.assert_array_equal(found, [np.nan] * 2)


# Landscapes

SAME = LABELS[:8, None] == LABELS  # [references, n]


@pytest.mark.parametrize("digits", [12, 1, 0], ids=["no ties", "ties", "mostly ties"])
def test_landscape_auroc_is_sklearns(digits):
    energy = np.round(normal(8, 60) - SAME, digits)
    expected = [roc_auc_score(same, -e) for same, e in zip(SAME, energy, strict=True)]
    found = metrics.landscape_auroc(energy, SAME)
    assert found == pytest.approx(np.mean(expected), rel=1e-12)
    assert 0.6 < found < 0.95


def test_landscape_auroc_counts_pairs():
    energy = np.array([[0.1, 0.5, 0.5, 0.9]])
    same = np.array([[True, False, True, False]])
    # Pairs (same, other): 0.1 < 0.5 and 0.9; 0.5 = 0.5 counts half; 0.5 < 0.9.
    assert metrics.landscape_auroc(energy, same) == (1 + 1 + 0.5 + 1) / 4


@pytest.mark.parametrize(
    ("energy", "expected"), [(-1.0 * SAME, 1), (1.0 * SAME, 0), (np.zeros(SAME.shape), 0.5)]
)
def test_landscape_auroc_at_its_ends(energy, expected):
    assert metrics.landscape_auroc(energy, SAME) == pytest.approx(expected, abs=1e-12)


def test_references_without_both_kinds_of_points_are_skipped():
    energy = normal(8, 60)
    same = SAME.copy()
    same[2], same[5] = True, False
    rest = [i for i in range(8) if i not in (2, 5)]
    expected = metrics.landscape_auroc(energy[rest], SAME[rest])
    assert metrics.landscape_auroc(energy, same) == pytest.approx(expected, rel=1e-12)


def test_well_depth_is_the_loop():
    energy = normal(8, 60)
    expected = [
        e[~same].sum() / (~same).sum() - e[same].sum() / same.sum()
        for e, same in zip(energy, SAME, strict=True)
    ]
    assert metrics.well_depth(energy, SAME) == pytest.approx(np.mean(expected), rel=1e-10)


def test_the_deepest_well_is_2():
    assert metrics.well_depth(np.where(SAME, -1.0, 1.0), SAME) == 2


@pytest.mark.parametrize("slope", [0.1, 1.0, 30.0])
@pytest.mark.parametrize("length", [0.5, 4.0])
def test_roughness_of_an_even_slope_is_one_over_its_length(slope, length):
    x = np.stack([np.linspace(0, length, 50), normal(50)], axis=-1)
    energy = np.array([slope * x[:, 0], -slope * x[:, 0]])  # [references, n]
    gradient = np.zeros((2, 50, 2))
    gradient[0, :, 0], gradient[1, :, 0] = slope, -slope
    assert metrics.roughness(gradient, energy) == pytest.approx(1 / length, rel=1e-12)


def test_roughness_of_a_wave():
    """sin(k x) over whole periods: mean |k cos| = 2 k / pi, range 2."""
    k = 3.0
    x = np.linspace(0, 2 * np.pi, 20001)
    gradient = (k * np.cos(k * x))[None, :, None]
    assert metrics.roughness(gradient, np.sin(k * x)[None]) == pytest.approx(k / np.pi, rel=1e-4)


def test_roughness_is_of_the_gradients_length_and_averages_references():
    gradient, energy = normal(4, 30, 2), normal(4, 30, seed=1)
    expected = [
        np.mean([np.hypot(*slope) for slope in g]) / (max(e) - min(e))
        for g, e in zip(gradient, energy, strict=True)
    ]
    assert metrics.roughness(gradient, energy) == pytest.approx(np.mean(expected), rel=1e-12)


@pytest.mark.parametrize("error", [0.0, 0.5, 3.0])
def test_score_explained_is_least_squares_on_slope_and_noise(error):
    """With any scale of the slope; a slope with the sign turned is as good."""
    exact, noise = normal(50, 2), normal(50, 2, seed=1)
    slope = 1e-6 * (exact + noise + error * normal(50, 2, seed=2))
    columns = np.stack([1e6 * slope.ravel(), noise.ravel()], axis=1)
    rest = exact.ravel() - columns @ np.linalg.pinv(columns) @ exact.ravel()
    expected = 1 - (rest**2).sum() / (exact**2).sum()
    found = metrics.score_explained(slope, noise, exact)
    assert found == pytest.approx(expected, abs=1e-9)
    assert (expected == pytest.approx(1)) == (error == 0)


def test_a_flat_landscape_explains_what_the_noise_does():
    exact, noise, flat = normal(50, 2), normal(50, 2, seed=1), np.zeros((50, 2))
    assert metrics.score_explained(flat, flat, exact) == 0
    assert 0 <= metrics.score_explained(flat, noise, exact) < 0.1


def test_correlation_of_rows_is_that_of_each():
    a, b = normal(3, 40), normal(3, 40, seed=1)
    expected = np.mean([np.corrcoef(*pair)[0, 1] for pair in zip(a, b, strict=True)])
    assert metrics.row_correlation(a, 5 * b + 2) == pytest.approx(expected)
    assert np.isnan(metrics.row_correlation(np.ones((1, 4)), a[:1, :4]))


def test_a_flat_landscape_has_no_roughness():
    """No range to compare with: NaN without a warning, as for the global structure."""
    assert np.isnan(metrics.roughness(np.zeros((2, 30, 2)), np.ones((2, 30))))


# Masked prediction


def test_explained_variance_is_that_of_ridge_regression():
    """The normal equations on standardised columns, with 1 added to the diagonal."""
    u, u_test = normal(80, 3) * [1, 10, 0.1] + 5, normal(50, 3, seed=1) * [1, 10, 0.1] + 5
    truth = np.array([1.0, -0.2, 4.0])
    y, y_test = u @ truth + normal(80, seed=2), u_test @ truth + normal(50, seed=3)
    white, white_test = ((v - u.mean(axis=0)) / u.std(axis=0) for v in (u, u_test))
    slope = np.linalg.solve(white.T @ white + np.eye(3), white.T @ (y - y.mean()))
    residual = y_test - y.mean() - white_test @ slope
    expected = 1 - (residual**2).sum() / ((y_test - y_test.mean()) ** 2).sum()
    assert metrics.explained_variance(u, y, u_test, y_test) == pytest.approx(expected, rel=1e-9)
    assert 0.5 < expected < 0.95


def test_nothing_is_explained_by_a_constant():
    y, y_test = normal(80), normal(50, seed=1)
    y_test += y.mean() - y_test.mean()
    found = metrics.explained_variance(np.ones((80, 3)), y, np.ones((50, 3)), y_test)
    assert found == pytest.approx(0, abs=1e-12)


# Score and energy


@pytest.mark.parametrize(("factor", "expected"), [(1, 0), (0, 1), (2, 1), (-1, 4), (1.1, 0.01)])
def test_fisher_error_of_a_scaled_score(factor, expected):
    exact = normal(40, 2)
    found = metrics.fisher_error(factor * exact, exact)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_fisher_error_is_a_ratio_of_sums():
    score, exact = normal(40, 2), normal(40, 2, seed=1) * np.linspace(0.1, 5, 40)[:, None]
    above = sum((s - e) @ (s - e) for s, e in zip(score, exact, strict=True))
    below = sum(e @ e for e in exact)
    assert metrics.fisher_error(score, exact) == pytest.approx(above / below, rel=1e-12)


@pytest.mark.parametrize(("factor", "expected"), [(-1, 1), (-0.01, 1), (5, -1)])
def test_energy_correlation_is_1_for_minus_log_p_up_to_a_constant(factor, expected):
    log_density = normal(40)
    found = metrics.energy_correlation(factor * log_density + 3, log_density)
    assert found == pytest.approx(expected, rel=1e-12)


def test_energy_correlation_is_pearsons():
    energy, log_density = normal(40), normal(40, seed=1) - normal(40)
    a, b = energy - energy.mean(), -log_density + log_density.mean()
    expected = (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())
    found = metrics.energy_correlation(energy, log_density)
    assert found == pytest.approx(expected, rel=1e-12)


# Samples


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_sliced_wasserstein_is_the_best_assignment_in_every_slice(dimension):
    x, y = normal(25, dimension), 2 * normal(25, dimension, seed=1) + 1
    slices = metrics.directions(6, dimension, np.random.default_rng(0))
    squares = []
    for direction in slices:
        cost = (x @ direction - (y @ direction)[:, None]) ** 2
        squares.append(cost[linear_sum_assignment(cost)].mean())
    expected = np.sqrt(np.mean(squares))
    assert metrics.sliced_wasserstein(x, y, slices) == pytest.approx(expected, rel=1e-12)


def test_sliced_wasserstein_of_a_shift():
    """Every slice is shifted by its share of it; along the axes they add up to |shift|^2 / d."""
    x, shift = normal(50, 3), np.array([1.0, -2.0, 2.0])
    found = metrics.sliced_wasserstein(x, x[::-1] + shift, np.eye(3))
    assert found == pytest.approx(3 / np.sqrt(3), rel=1e-12)
    assert metrics.sliced_wasserstein(x, x[::-1], np.eye(3)) == 0


def test_sliced_wasserstein_of_two_gaussians():
    """In one dimension sqrt((m - m')^2 + (s - s')^2); samples at the quantiles have no noise."""
    quantiles = norm.ppf((np.arange(20_000) + 0.5) / 20_000)[:, None]
    found = metrics.sliced_wasserstein(1 + 2 * quantiles, -0.5 + 3 * quantiles, np.ones((1, 1)))
    assert found == pytest.approx(np.hypot(1.5, 1), rel=1e-3)


@pytest.mark.parametrize(
    ("posterior", "expected"),
    [
        ([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]], 0.0),
        ([[1, 0, 0]] * 4, 0.5),
        ([[0, 0.5, 0.5]] * 4, 0.5),
        ([[0.5, 0.35, 0.15]] * 4, 0.1),
    ],
)
def test_weight_error_is_the_largest(posterior, expected):
    found = metrics.weight_error(np.array(posterior), np.array([0.5, 0.25, 0.25]))
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_directions_are_unit_vectors_in_no_preferred_direction(dimension):
    u = metrics.directions(5000, dimension, np.random.default_rng(0))
    assert u.shape == (5000, dimension)
    np.testing.assert_allclose((u**2).sum(axis=1), 1, rtol=1e-12)
    assert np.abs(u.mean(axis=0)).max() < 5 / np.sqrt(5000)
    np.testing.assert_allclose(u.T @ u / 5000, np.eye(dimension) / dimension, atol=0.03)
