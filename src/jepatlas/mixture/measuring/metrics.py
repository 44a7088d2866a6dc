"""What is measured in the mixture track. Every function knows arrays only, no method.

Embeddings are one member's, `[n, dim]`. Those that are compared by their direction, as in the
landscape E(x; x_ref) = -cos(f(x), g(x_ref)), are passed as unit vectors (see `unit`).
"""

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata, spearmanr
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from jepatlas.common.base.vectors import unit

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
LEAST = 1e-6  # of singular values: what is smaller is rounding


# Collapse


def spread(u: Array) -> float:
    """Total variance of unit embeddings, 1 - |mean u|^2: 0 when all point one way, at most 1."""
    return float(u.var(axis=0).sum())


def first_below(steps: npt.ArrayLike, values: npt.ArrayLike, threshold: float) -> float:
    """The first of the steps from which the values stay below the threshold; NaN if none does."""
    below = np.asarray(values) < threshold
    if not below[-1]:
        return float("nan")
    above = np.flatnonzero(~below)
    return float(np.asarray(steps)[above[-1] + 1 if len(above) else 0])


# Clusters


def silhouette(u: Array, components: Labels) -> float:
    """Mean silhouette coefficient by true component, in [-1, 1] (Rousseeuw 1987)."""
    return float(silhouette_score(u, components))


def nearest_neighbours(u: Array, components: Labels, u_test: Array) -> Labels:
    """The vote of the 10 nearest neighbours."""
    classifier = KNeighborsClassifier(n_neighbors=10).fit(u, components)
    return np.asarray(classifier.predict(u_test))


def linear_probe(u: Array, components: Labels, u_test: Array) -> Labels:
    """What a logistic regression on standardised embeddings takes each test point for.

    Standardised, it asks whether the information is there, at whatever scale; `spread` has the
    scale.
    """
    classifier = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return np.asarray(classifier.fit(u, components).predict(u_test))


# Local and global structure


def local_structure(x: Array, u: Array) -> float:
    """Trustworthiness at k = 10 (Venna & Kaski 2001): are neighbours in u neighbours in x?"""
    return float(trustworthiness(x, u, n_neighbors=10))


def global_structure(x: Array, u: Array, components: Labels) -> tuple[float, float]:
    """Spearman correlation of distances in u and in x: (all pairs, pairs across components).

    Pairs share no point: as many of them tell more than all pairs of a few points do.

    x: `[2, pairs, d]`, u: `[2, pairs, dim]`, components: `[2, pairs]`.
    """
    across = components[0] != components[1]
    distance, embedded = (np.linalg.norm(one[0] - one[1], axis=-1) for one in (x, u))
    return (
        rank_correlation(distance, embedded),
        rank_correlation(distance[across], embedded[across]),
    )


# Landscapes


def landscape_auroc(energy: Array, same: npt.NDArray[np.bool_]) -> float:
    """Area under the ROC curve of "same component as the reference", lower energy first.

    energy: `[references, n]`, same: `[references, n]`. The mean over references, by the rank sum
    (Mann & Whitney 1947); ties count half. References without both kinds of points are skipped.
    """
    positives = same.sum(axis=1)
    negatives = (~same).sum(axis=1)
    ranks = rankdata(-energy, axis=1)
    rank_sum = np.where(same, ranks, 0).sum(axis=1)
    both = (positives > 0) & (negatives > 0)
    wins = rank_sum[both] - positives[both] * (positives[both] + 1) / 2
    return float((wins / (positives[both] * negatives[both])).mean())


def well_depth(energy: Array, same: npt.NDArray[np.bool_]) -> float:
    """Mean energy at other components' points minus that at the reference's own, over references.

    energy: `[references, n]`, same: `[references, n]`. At most 2, as the energy is -cos.
    """
    inside = np.where(same, energy, np.nan)
    outside = np.where(same, np.nan, energy)
    return float((np.nanmean(outside, axis=1) - np.nanmean(inside, axis=1)).mean())


def roughness(gradient: Array, energy: Array) -> float:
    """Mean length of the landscape's gradient over the data, relative to its range there.

    gradient: dE/dx, `[references, n, d]`; energy: `[references, n]`. In units of 1/x: a landscape
    that goes from its lowest to its highest over a distance L in one even slope has 1/L.
    """
    slope = np.linalg.norm(gradient, axis=-1).mean(axis=1)
    with np.errstate(invalid="ignore"):
        return float((slope / np.ptp(energy, axis=1)).mean())


def score_explained(gradient: Array, noise: Array, exact: Array) -> float:
    """Share of the exact score s* that the slope of a landscape explains, the noise taken off it.

    At pairs (x, x') with x' = x + noise, gradient is that of E(x'; x) in x'. Where -E is the
    pointwise mutual information log p(x' | x) - log p(x'), the known kernel p(x' | x) has slope
    -noise / sigma^2, so that s* = dE/dx' - noise / sigma^2. A landscape comes without a scale or a
    temperature, so both factors are fitted: 1 - min_ab E |s* - a dE/dx' - b noise|^2 / E |s*|^2.

    gradient, noise, exact: `[n, d]`.
    """
    columns = np.stack([gradient.ravel(), noise.ravel()], axis=1)
    scale = np.abs(columns).max(axis=0)
    columns = columns / np.where(scale > 0, scale, 1)  # slopes of 1e-9 are slopes too
    factors = np.linalg.lstsq(columns, exact.ravel())[0]
    return float(1 - ((exact.ravel() - columns @ factors) ** 2).sum() / (exact**2).sum())


def log_volume(jacobian: Array) -> Array:
    """Sum of the logs of the Jacobian's singular values at each point, `[d, n, dim] -> [n]`.

    They are floored at `LEAST`, as published.
    """
    singular = np.linalg.svd(jacobian.transpose(1, 0, 2), compute_uv=False)  # [n, d]
    return np.log(singular.clip(LEAST)).sum(-1)


def rank_correlation(a: Array, b: Array) -> float:
    """Spearman's, `[n]` each; NaN where one is constant."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(spearmanr(a, b).statistic)


def row_correlation(energy: Array, exact: Array) -> float:
    """Mean over the rows of their Pearson correlations: `[references, n]` each. NaN where a
    landscape is flat."""
    a, b = (rows - rows.mean(axis=1, keepdims=True) for rows in (energy, exact))
    with np.errstate(invalid="ignore"):
        r = (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return float(r.mean())


# Spectrum


def rayleigh_quotients(z: Array, z_prime: Array, count: int) -> Array:
    """Agreement of two views in the `count` directions in which embeddings vary most, `[count]`.

    In the span of these principal directions, the stationary values of E f(x) f(x') relative to the
    mean of E f(x)^2 and E f(x')^2, all less means, the greatest first. By Ky Fan's theorem their
    sum is at most that of as many leading eigenvalues of the positive-pair kernel.

    z, z_prime: embeddings of the views of n points, `[n, dim]`.
    """
    middle = (z.mean(axis=0) + z_prime.mean(axis=0)) / 2
    z, z_prime = z - middle, z_prime - middle
    _, values, axes = np.linalg.svd(np.concatenate([z, z_prime]), full_matrices=False)
    kept = values[:count] > max(values[0] * LEAST, np.finfo(np.float64).tiny)
    white = axes[:count][kept].T * np.sqrt(2 * len(z)) / values[:count][kept]
    a, b = z @ white, z_prime @ white
    quotients = np.linalg.eigvalsh((a.T @ b + b.T @ a) / (2 * len(z)))
    found = np.zeros(count)
    found[: len(quotients)] = quotients[::-1]
    return found


# Masked prediction


def explained_variance(u: Array, target: Array, u_test: Array, target_test: Array) -> float:
    """R^2 on test points of a ridge regression from embeddings, `[n, dim] -> [n]`."""
    regression = make_pipeline(StandardScaler(), Ridge(alpha=1.0))
    return float(regression.fit(u, target).score(u_test, target_test))


# Score and energy


def fisher_error(score: Array, exact: Array) -> float:
    """E |s - s*|^2 / E |s*|^2 over the points: `[n, d]` each."""
    return float(((score - exact) ** 2).sum() / (exact**2).sum())


def energy_correlation(energy: Array, log_density: Array) -> float:
    """Pearson correlation of E with -log p over the points, `[n]` each."""
    return float(np.corrcoef(energy, -log_density)[0, 1])


# Samples


def sliced_wasserstein(x: Array, y: Array, directions: Array) -> float:
    """Sliced 2-Wasserstein distance of two samples of the same size (Bonneel et al. 2015).

    x, y: `[n, d]`; directions: `[slices, d]`, unit vectors. In one dimension the optimal plan
    pairs the sorted samples.
    """
    difference = np.sort(x @ directions.T, axis=0) - np.sort(y @ directions.T, axis=0)
    return float(np.sqrt((difference**2).mean()))


def weight_error(posterior: Array, weights: Array) -> float:
    """Largest error of a component's weight, with the sample's weights its mean posterior.

    posterior: `[n, components]` under the exact mixture.
    """
    return float(np.abs(posterior.mean(axis=0) - weights).max())


def directions(slices: int, dimension: int, generator: np.random.Generator) -> Array:
    """Unit vectors in random directions, `[slices, dimension]`."""
    return unit(generator.standard_normal((slices, dimension)))
