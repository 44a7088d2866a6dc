"""The closed-form truth of a Gaussian-mixture world, p(x) = sum_k w_k N(x; m_k, C_k).

Density, score, responsibilities and conditional moments, exact and in float64: what a learned
energy, score or prediction is measured against. Points are arrays [..., d] with any leading
shape, and every result keeps that shape; k counts the components, d the dimensions.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Floats = npt.NDArray[np.floating]  # what np.linalg declares; float64 here too


@dataclass(frozen=True, eq=False)  # a field-wise == would be ambiguous for arrays
class Mixture:
    """A mixture of k Gaussians in d dimensions.

    Args:
        weights: [k], positive, summing to 1 within 1e-6 (refused otherwise, never rescaled).
        means: [k, d].
        covariances: [k, d, d], each symmetric and positive definite.

    Nested lists and arrays are both accepted, and kept as read-only float64 copies.

    Raises:
        ValueError: shapes disagree, a number is not finite, or a condition above fails.

    >>> two = Mixture([0.5, 0.5], [[-1.0], [1.0]], [[[1.0]], [[1.0]]])
    >>> two.posterior([0.0])
    array([0.5, 0.5])
    """

    weights: Array
    means: Array
    covariances: Array

    if TYPE_CHECKING:  # lists go in, arrays come out; at run time dataclass writes this method

        def __init__(
            self, weights: npt.ArrayLike, means: npt.ArrayLike, covariances: npt.ArrayLike
        ) -> None: ...

    def __post_init__(self) -> None:
        for name in ("weights", "means", "covariances"):
            object.__setattr__(self, name, _finite(name, getattr(self, name)))
        _check_shapes(self.weights, self.means, self.covariances)
        _check_weights(self.weights)
        for component, covariance in enumerate(self.covariances):
            _check_covariance(component, covariance)

    @property
    def components(self) -> int:
        """The number k of components."""
        return len(self.means)

    @property
    def dimension(self) -> int:
        """The number d of dimensions."""
        return int(self.means.shape[1])

    @property
    def mean(self) -> Array:
        """Mean of the whole mixture, [d]."""
        return _einsum("k,ki->i", self.weights, self.means)

    @property
    def covariance(self) -> Array:
        """Covariance of the whole mixture, [d, d]: within the components plus between them."""
        spread = self.means - self.mean  # [k, d]
        within = _einsum("k,kij->ij", self.weights, self.covariances)
        return within + _einsum("k,ki,kj->ij", self.weights, spread, spread)

    def sample(self, n: int, generator: np.random.Generator) -> tuple[Array, npt.NDArray[np.int64]]:
        """Draw n points [n, d] and the components [n] that they came from; n >= 0."""
        if n < 0:
            raise ValueError(f"n must not be negative, got {n}")
        chances = self.weights / self.weights.sum()  # choice() tolerates less than 1e-6
        drawn = generator.choice(self.components, size=n, p=chances)
        noise = generator.standard_normal((n, self.dimension))
        return self.means[drawn] + _einsum("nij,nj->ni", self._cholesky[drawn], noise), drawn

    def log_density(self, x: npt.ArrayLike) -> Array:
        """The log density log p(x) at points [..., d], shape [...]."""
        return _logsumexp(self._log_joint(self._points(x)))

    def posterior(self, x: npt.ArrayLike) -> Array:
        """Responsibilities p(component | x) at points [..., d], shape [..., k]."""
        log_joint = self._log_joint(self._points(x))
        return np.exp(log_joint - _logsumexp(log_joint)[..., None])

    def score(self, x: npt.ArrayLike) -> Array:
        """Gradient of log p at points [..., d], same shape.

        The average of the components' scores -C_k^-1 (x - m_k), weighted by responsibility.
        """
        residuals = self._points(x)[..., None, :] - self.means  # [..., k, d]
        scores = -_einsum("kij,...kj->...ki", self._precisions, residuals)
        return _einsum("...k,...ki->...i", self.posterior(x), scores)

    def conditional_moments(self, x: npt.ArrayLike, coordinate: int) -> tuple[Array, Array]:
        """Mean and variance, [...] each, of one coordinate given all the others.

        Each component predicts the coordinate linearly from the others (Bishop 2006, eq. 2.73
        and 2.75); the responsibilities that the others give mix the predictions. The law of total
        variance adds the disagreement between the predictions.

        Args:
            x: points [..., d]; x[..., coordinate] is ignored.
            coordinate: the coordinate to predict, 0 to d - 1.

        Raises:
            ValueError: d is 1, so there are no others, or coordinate is out of range.
        """
        if self.dimension == 1:
            raise ValueError("conditional moments need dimension 2 or more, got dimension 1")
        if not 0 <= coordinate < self.dimension:
            raise ValueError(f"coordinate must be 0 to {self.dimension - 1}, got {coordinate}")
        rest = np.delete(np.arange(self.dimension), coordinate)  # [d - 1]
        covariances = self.covariances[:, rest[:, None], rest]
        others = Mixture(self.weights, self.means[:, rest], covariances)
        seen = self._points(x)[..., rest]  # [..., d - 1]

        variances = 1 / self._precisions[:, coordinate, coordinate]  # [k]
        slopes = -variances[:, None] * self._precisions[:, coordinate, rest]  # [k, d - 1]
        shifts = _einsum("ki,...ki->...k", slopes, seen[..., None, :] - others.means)
        predictions = self.means[:, coordinate] + shifts  # [..., k]

        posterior = others.posterior(seen)  # [..., k]
        mean = np.sum(posterior * predictions, axis=-1)
        disagreement = (predictions - mean[..., None]) ** 2
        return mean, np.sum(posterior * (variances + disagreement), axis=-1)

    def smoothed(self, sigma: float) -> "Mixture":
        """The mixture convolved with N(0, sigma^2 I), again a mixture.

        Its score is what denoising score matching with noise sigma learns (Vincent 2011).

        Raises:
            ValueError: sigma is negative or not finite.
        """
        if not 0 <= sigma < np.inf:
            raise ValueError(f"sigma must be finite and not negative, got {sigma}")
        noise = sigma**2 * np.eye(self.dimension)
        return Mixture(self.weights, self.means, self.covariances + noise)

    @cached_property
    def _cholesky(self) -> Floats:
        return np.linalg.cholesky(self.covariances)  # [k, d, d], C = L L^T

    @cached_property
    def _whiteners(self) -> Floats:
        return np.linalg.inv(self._cholesky)  # [k, d, d], W = L^-1

    @cached_property
    def _precisions(self) -> Array:
        return _einsum("kli,klj->kij", self._whiteners, self._whiteners)  # [k, d, d], W^T W

    def _log_joint(self, points: Array) -> Array:
        """The terms log w_k N(x; m_k, C_k), [..., k]."""
        residuals = points[..., None, :] - self.means  # [..., k, d]
        whitened = _einsum("kij,...kj->...ki", self._whiteners, residuals)
        log_det = np.log(_einsum("kii->ki", self._cholesky)).sum(axis=-1)  # [k], of L
        log_scale: Array = np.log(self.weights) - log_det - 0.5 * self.dimension * np.log(2 * np.pi)
        return log_scale - 0.5 * _einsum("...ki,...ki->...k", whitened, whitened)

    def _points(self, x: npt.ArrayLike) -> Array:
        points = np.asarray(x, dtype=np.float64)
        if points.ndim == 0 or points.shape[-1] != self.dimension:
            raise ValueError(f"x must have shape [..., {self.dimension}], got {points.shape}")
        return points


def _einsum(subscripts: str, *operands: Floats) -> Array:
    """np.einsum, which declares no type of its own."""
    result: Array = np.einsum(subscripts, *operands)
    return result


def _logsumexp(log_terms: Array) -> Array:
    """Log of the sum of exponentials over the last axis, with no underflow far from the data."""
    total: Array = np.logaddexp.reduce(log_terms, axis=-1)
    return total


def _finite(name: str, values: npt.ArrayLike) -> Array:
    """A read-only float64 copy, refused unless every number is finite."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        shown = " ".join(repr(values).split())
        raise ValueError(f"{name} must be a rectangular array of numbers, got {shown}") from None
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        index = tuple(bad[0].tolist())
        raise ValueError(f"{name} must be finite, got {array[index]} at index {index}")
    array.flags.writeable = False
    return array


def _check_shapes(weights: Array, means: Array, covariances: Array) -> None:
    if weights.ndim != 1 or weights.size == 0:
        raise ValueError(f"weights must have shape [k] with k >= 1, got {weights.shape}")
    k = weights.size
    if means.ndim != 2 or means.shape[0] != k or means.shape[1] == 0:
        raise ValueError(f"means must have shape [{k}, d] with d >= 1, got {means.shape}")
    d = means.shape[1]
    if covariances.shape != (k, d, d):
        raise ValueError(f"covariances must have shape [{k}, {d}, {d}], got {covariances.shape}")


def _check_weights(weights: Array) -> None:
    if weights.min() <= 0:
        worst = weights.argmin()
        raise ValueError(f"weights must be positive, got {weights[worst]} for component {worst}")
    if abs(weights.sum() - 1) > 1e-6:
        raise ValueError(f"weights must sum to 1, got {weights.tolist()}, sum {weights.sum()}")


def _check_covariance(component: int, covariance: Array) -> None:
    largest = np.abs(covariance).max()
    asymmetry = np.abs(covariance - covariance.T).max()
    if asymmetry > 1e-12 * largest:
        raise ValueError(
            f"covariance of component {component} must be symmetric, "
            f"differs from its transpose by {asymmetry:.3g}"
        )
    smallest = np.linalg.eigvalsh(covariance)[0]
    rounding = 4 * len(covariance) * np.finfo(np.float64).eps * largest
    if smallest <= rounding:
        raise ValueError(
            f"covariance of component {component} must be positive definite, "
            f"smallest eigenvalue {smallest:.3g}"
        )
