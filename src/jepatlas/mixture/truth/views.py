"""The two views of a point that joint-embedding methods are trained on, as a joint distribution.

x ~ p, and x' = x + N(0, noise^2 I), as in `Embedding.views`: one view is the point itself, so that
x' has the smoothed density p_s, and p(x' | x) = N(x'; x, noise^2 I).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from jepatlas.mixture.truth.mixture import Array, Mixture

REACH = 6  # standard deviations beyond the outermost means at which the density is as good as 0


@dataclass(frozen=True)
class Views:
    """Pairs of views. Raises ValueError unless noise > 0: equal views have no joint density."""

    mixture: Mixture
    noise: float

    def __post_init__(self) -> None:
        if not 0 < self.noise < np.inf:
            raise ValueError(f"noise must be finite and positive, got {self.noise}")

    @cached_property
    def smoothed(self) -> Mixture:
        """The density p_s of the noisy view."""
        return self.mixture.smoothed(self.noise)

    def sample(self, n: int, generator: np.random.Generator) -> tuple[Array, Array]:
        """n pairs: x and x', `[n, d]` each."""
        x, _ = self.mixture.sample(n, generator)
        return x, x + self.noise * generator.standard_normal(x.shape)

    def information(self, x: npt.ArrayLike, x_prime: npt.ArrayLike) -> Array:
        """Pointwise mutual information log p(x' | x) - log p_s(x'), in nats.

        InfoNCE's best critic, up to a function of x (van den Oord et al. 2018, arXiv 1807.03748,
        section 2.3; Poole et al. 2019, arXiv 1905.06922). x, x': `[..., d]`, broadcast: `[...]`.
        """
        x, x_prime = np.asarray(x), np.asarray(x_prime)
        squared = ((x_prime - x) ** 2).sum(-1) / self.noise**2
        constant = self.mixture.dimension * np.log(2 * np.pi * self.noise**2)
        return -(squared + constant) / 2 - self.smoothed.log_density(x_prime)

    def slope(self, x: npt.ArrayLike, x_prime: npt.ArrayLike) -> Array:
        """Gradient of `information` in x', `[..., d]`: the kernel's pull less the score of p_s."""
        x, x_prime = np.asarray(x), np.asarray(x_prime)
        return (x - x_prime) / self.noise**2 - self.smoothed.score(x_prime)

    def mutual_information(self) -> float:
        """I(x; x') in nats, for views in the plane: h(x') - h(x' | x), by quadrature of p_s."""
        plane = Grid.over(self.smoothed, narrowest(self.smoothed))
        log_density = self.smoothed.log_density(plane.nodes)
        entropy = -(np.exp(log_density) * log_density).sum() * plane.cell
        conditional = self.mixture.dimension / 2 * np.log(2 * np.pi * np.e * self.noise**2)
        return float(entropy - conditional)


@dataclass(frozen=True)
class Grid:
    """Nodes of a product grid in the plane, along `x` and `y`, evenly spaced.

    Sums over it times `cell` are integrals. For smooth functions that end in the grid the error
    falls faster than any power of the spacing (Trefethen & Weideman 2014): for Gaussians it is
    nothing to speak of where nodes are a standard deviation apart.
    """

    x: Array
    y: Array

    @classmethod
    def over(cls, mixture: Mixture, spacing: float) -> "Grid":
        """Over all of the mixture, with nodes at most `spacing` apart."""
        spread = np.sqrt(np.diagonal(mixture.covariances, axis1=1, axis2=2)) * REACH
        low, high = (mixture.means - spread).min(0), (mixture.means + spread).max(0)
        counts = np.ceil((high - low) / spacing).astype(int) + 1
        return cls(*(np.linspace(*ends) for ends in zip(low, high, counts, strict=True)))

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.x), len(self.y)

    @property
    def cell(self) -> float:
        """The area that a node stands for."""
        return float((self.x[1] - self.x[0]) * (self.y[1] - self.y[0]))

    @property
    def nodes(self) -> Array:
        """`[len(x), len(y), 2]`."""
        return np.stack(np.meshgrid(self.x, self.y, indexing="ij"), axis=-1)


def narrowest(mixture: Mixture) -> float:
    """Standard deviation of a component in the direction in which it is least."""
    return float(np.sqrt(np.linalg.eigvalsh(mixture.covariances).min()))
