"""A point of the mixture given what is seen of it, and the mean of any function of it.

What is seen is linear in the point and Gaussian noise: a noisy view, some of its coordinates, or
the point itself, when the noisy view is the one that is asked for. So the law of the other is again
a mixture of Gaussians, in closed form (Bishop 2006, section 2.3.3), and means under it are
Gauss-Hermite sums around each of its components: fine where the law is narrow and coarse where it
is wide, with no grid over the plane.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from jepatlas.mixture.measuring.metrics import Array
from jepatlas.mixture.truth.mixture import Mixture

Target = Callable[[Array], Tensor]  # `[n, d] -> [members, n, dim]`

FEWEST, MOST = 3, 9  # nodes along an axis of a component: more change a regret by 1e-5
REACH = 0.15  # units of the plane of standard deviation that take two nodes more
SMALL = 1e-4  # the share of a component below which it is left out
AT_ONCE = 4096  # nodes that a function is taken at, for the memory


@dataclass(frozen=True)
class Laws:
    """A mixture of k Gaussians for each of n points seen.

    shares: `[n, k]`; means: `[n, k, d]`; covariances: `[k, d, d]`, the same for all points and
    positive semidefinite.
    """

    shares: Array
    means: Array
    covariances: Array

    @classmethod
    def around(cls, x: Array, noise: float) -> "Laws":
        """Of x + noise, given x `[n, d]`."""
        return cls(np.ones((len(x), 1)), x[:, None], noise**2 * np.eye(x.shape[1])[None])

    @classmethod
    def behind(cls, mixture: Mixture, seen: Array, noise: float, coordinates: list[int]) -> "Laws":
        """Of a point x of the mixture, given these coordinates of x + noise.

        seen: `[n, len(coordinates)]`.
        """
        some = np.eye(mixture.dimension)[coordinates]  # [seen, d]
        across = mixture.covariances @ some.T  # [k, d, seen]
        spread = some @ across + noise**2 * np.eye(len(coordinates))
        view = Mixture(mixture.weights, mixture.means @ some.T, spread)
        gain = across @ np.linalg.inv(spread)
        moved = np.einsum("kds,nks->nkd", gain, seen[:, None] - view.means)
        left = mixture.covariances - gain @ across.transpose(0, 2, 1)
        return cls(view.posterior(seen), mixture.means + moved, left)

    def mean(self, target: Target) -> Tensor:
        """E target(x) at each of the points seen, `[members, n, dim]`; shares below `SMALL` are
        left out, and so a mean may be too short by so much."""
        total = torch.zeros_like(target(self.means[:, 0]))
        for k, covariance in enumerate(self.covariances):
            deviations, weights = nodes(covariance)
            (rows,) = np.nonzero(self.shares[:, k] > SMALL)
            step = max(AT_ONCE // len(weights), 1)
            for some in (rows[start : start + step] for start in range(0, len(rows), step)):
                points = self.means[some, k, None] + deviations  # [rows, nodes, d]
                values = target(points.reshape(-1, points.shape[-1]))
                factors = torch.as_tensor(self.shares[some, k, None] * weights).to(values)
                values = values.unflatten(1, points.shape[:2])
                total[:, some] += torch.einsum("mrnd,rn->mrd", values, factors)
        return total


def nodes(covariance: Array) -> tuple[Array, Array]:
    """Nodes `[nodes, d]` and weights `[nodes]` for means under N(0, covariance), a product rule
    along its principal axes."""
    values, axes = np.linalg.eigh(covariance)
    along = [
        np.polynomial.hermite_e.hermegauss(min(FEWEST + 2 * int(std / REACH), MOST))
        for std in np.sqrt(values.clip(0))
    ]
    places = np.array(list(itertools.product(*(place for place, _ in along))))
    weights = np.array([np.prod(w) for w in itertools.product(*(weight for _, weight in along))])
    return places * np.sqrt(values.clip(0)) @ axes.T, weights / weights.sum()
