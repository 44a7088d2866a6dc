"""Eigenfunctions of the positive-pair kernel: what squared-loss objectives find.

With one encoder f for both views, E f(x) f(x') sees the joint density of the pair made symmetric,
and the constraints on f its two marginals together. So the most that f can agree with itself, under
constraints of variance and correlation, is reached by the leading solutions of

    (p(a, b) + p(b, a)) / 2  applied to phi_k  =  lambda_k (p(a) + p_s(a)) / 2 phi_k,

orthonormal under the mean of the marginals (HaoChen et al. 2021, arXiv 2106.04156; Johnson et al.
2023, arXiv 2210.01883). lambda_1 = 1 belongs to the constant.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from jepatlas.mixture.truth.mixture import Array
from jepatlas.mixture.truth.views import Grid, Views, narrowest

CHUNK = 512  # points at a time, for which all that is needed stays in the cache
FINEST = 0.2  # of the narrowest component: below it all leading eigenvalues are about 1


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The leading eigenfunctions of pairs in the plane, the greatest eigenvalue first.

    values: `[count]`; functions: `[count, *grid.shape]`, on the nodes of the grid.
    """

    views: Views
    grid: Grid
    values: Array
    functions: Array

    @classmethod
    def of(cls, views: Views, count: int) -> "Spectrum":
        """Raises ValueError where the grid would be too fine, as when the noise is very small."""
        spacing = min(narrowest(views.mixture), views.noise)
        if spacing < FINEST * narrowest(views.smoothed):
            raise ValueError(f"noise {views.noise} takes a grid with nodes {spacing:.2g} apart")
        grid = Grid.over(views.smoothed, spacing)
        size = grid.shape[0] * grid.shape[1]
        pair = _Kernel(views, grid)
        scale = 1 / np.sqrt(pair.marginal)

        def symmetric(vector: Array) -> Array:
            result: Array = scale * pair(scale * vector.reshape(grid.shape))
            return result.ravel()

        operator = LinearOperator((size, size), matvec=symmetric, dtype=np.float64)
        start = np.sqrt(pair.marginal).ravel()  # a fixed one, so that signs are the same each time
        start += 1e-3 * start * grid.nodes.sum(-1).ravel()
        values, vectors = eigsh(operator, k=count, which="LA", v0=start)
        order = np.argsort(-values)
        functions = vectors.T[order].reshape(count, *grid.shape) * scale / np.sqrt(grid.cell)
        return cls(views, grid, values[order], functions)

    def __call__(self, x: Array) -> Array:
        """phi_k at any points of the plane, `[n, 2] -> [n, count]` (Nystrom's formula)."""
        p = np.exp(self._density)
        both = np.concatenate([self.functions, p * self.functions])  # [2 count, *grid.shape]
        along_x = both.transpose(1, 0, 2).reshape(len(self.grid.x), -1)
        parts = np.array_split(x, -(-len(x) // CHUNK))
        return np.concatenate([self._at(part, along_x) for part in parts])

    def _at(self, x: Array, along_x: Array) -> Array:
        weights = (
            _blurring(points, axis, self.views.noise)
            for points, axis in zip(x.T, (self.grid.x, self.grid.y), strict=True)
        )
        to_x, to_y = weights  # [n, nodes] each
        rows = (to_x @ along_x).reshape(len(x), -1, len(self.grid.y))
        smooth, weighted = np.split((rows @ to_y[..., None])[..., 0], 2, axis=1)
        p = np.exp(self.views.mixture.log_density(x))[:, None]
        marginal = p + np.exp(self.views.smoothed.log_density(x))[:, None]
        found: Array = (p * smooth + weighted) / marginal / self.values
        return found

    def moments(self) -> tuple[Array, Array]:
        """Mean `[2 count]` and covariance `[2 count, 2 count]` of (phi(x), phi(x')) over pairs."""
        cell = self.grid.cell
        p = np.exp(self._density) * cell
        smoothed = np.exp(self.views.smoothed.log_density(self.grid.nodes)) * cell
        first, second = (self._products(weight, self.functions) for weight in (p, smoothed))
        after = np.stack([_Kernel.blur(self.views, self.grid, one) for one in self.functions])
        cross = self._products(p, after)
        mean = np.concatenate([(weight * self.functions).sum((1, 2)) for weight in (p, smoothed)])
        square = np.block([[first, cross], [cross.T, second]])
        return mean, square - np.outer(mean, mean)

    @cached_property
    def _density(self) -> Array:
        return self.views.mixture.log_density(self.grid.nodes)

    def _products(self, weight: Array, others: Array) -> Array:
        flat = (weight * self.functions).reshape(len(self.values), -1)
        found: Array = flat @ others.reshape(len(others), -1).T
        return found


class _Kernel:
    """The symmetric joint density of the pair, applied to functions on a grid."""

    def __init__(self, views: Views, grid: Grid) -> None:
        self.views, self.grid = views, grid
        self.density = np.exp(views.mixture.log_density(grid.nodes))
        self.marginal = (self.density + np.exp(views.smoothed.log_density(grid.nodes))) / 2

    def __call__(self, f: Array) -> Array:
        seen = self.density * self.blur(self.views, self.grid, f)
        return (seen + self.blur(self.views, self.grid, self.density * f)) / 2

    @staticmethod
    def blur(views: Views, grid: Grid, f: Array) -> Array:
        """f convolved with the noise; a Gaussian, so one axis after the other."""
        x, y = (_blurring(axis, axis, views.noise) for axis in (grid.x, grid.y))
        blurred: Array = x @ f @ y.T
        return blurred


def _blurring(points: Array, axis: Array, noise: float) -> Array:
    """What turns values on the nodes of an axis into blurred ones at points, `[n, nodes]`."""
    weights: Array = np.exp(-(((points[:, None] - axis) / noise) ** 2) / 2)
    return weights * (axis[1] - axis[0]) / (np.sqrt(2 * np.pi) * noise)
