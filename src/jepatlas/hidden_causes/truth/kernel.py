"""What the objective's optimum is, where it is known: eigenfunctions of the pair's kernel.

The best alignment of whitened outputs, min E|h(z') - h(z)|^2 under (Cov h(z) + Cov h(z')) / 2 = I,
is that of the leading eigenfunctions of the kernel K(z, z') = (p(z, z') + p(z', z)) / (2 m m'),
with the marginal m = (p(z) + p(z')) / 2. Of Gaussian latents they are the Hermite polynomials, with
eigenvalue rho^k for degree k (Mehler 1866), so the best is linear; of other shapes it is not.
"""

from typing import NamedTuple

import numpy as np
from numpy.polynomial import hermite_e
from scipy import linalg, special

from jepatlas.hidden_causes.truth import latents
from jepatlas.hidden_causes.truth.latents import Array

CELLS, TAIL = 300, 1e-7  # of the grid of one latent; the probability that it leaves out
NODES = 24  # of the quadrature of a Gaussian latent; exact for products up to degree 47


class Spectrum(NamedTuple):
    """z: points of the latent, `[cells]`; mass: p(z) there, `[cells]`; values: eigenvalues after
    that of the constant, descending, `[k]`; functions: of each its values at z, `[k, cells]`."""

    z: Array
    mass: Array
    values: Array
    functions: Array


def spectrum(alpha: float, rho: float, count: int = 3) -> Spectrum:
    """Of one latent of shape alpha and correlation rho, numerically."""
    # The grid is even in T^-1(z), so that heavy tails and edges both have their cells.
    edge = special.ndtri(1 - TAIL / 2)
    borders = latents.transport(np.linspace(-edge, edge, CELLS + 1), alpha)
    z = (borders[1:] + borders[:-1]) / 2
    mass = np.diff(special.ndtr(np.linspace(-edge, edge, CELLS + 1)))
    # P(z' in a cell | z): the noise's distribution function at the cell's borders.
    reached = (borders - rho * z[:, None]) / np.sqrt(1 - rho**2)
    joint = mass[:, None] * np.diff(distribution(reached, alpha), axis=1)
    both = (joint + joint.T) / 2
    marginal = both.sum(axis=1)
    root = np.sqrt(marginal)
    values, vectors = linalg.eigh(
        both / np.outer(root, root), subset_by_index=[CELLS - 1 - count, CELLS - 1]
    )
    functions = (vectors / root[:, None]).T[::-1]
    return Spectrum(z, mass / mass.sum(), values[::-1][1:], functions[1:])


def distribution(z: Array, alpha: float) -> Array:
    """F(z), the distribution function of the latent."""
    size = special.gammainc(1 / alpha, (np.abs(z) / latents.scale(alpha)) ** alpha)
    return (1 + np.sign(z) * size) / 2


def eigenfunction_r2(alpha: float, rho: float) -> float:
    """R^2 of the latent by least squares from the first eigenfunction: where whitened outputs of
    the best alignment are linear in the latents it is 1."""
    found = spectrum(alpha, rho, count=1)
    return _r2(found.functions[0], found.z, found.mass)


def gaussianised_r2(alpha: float) -> float:
    """R^2 of the latent from T^-1(z): from the increasing function of it that is Gaussian."""
    g, weight = hermite_e.hermegauss(200)
    return _r2(g, latents.transport(g, alpha), weight / weight.sum())


def anisotropic_r2(rho: tuple[float, ...]) -> float:
    """The mean R^2 of Gaussian latents from the best whitened outputs, as many as latents: the
    leading products of powers of the correlations may be of higher degree."""
    powers = sorted((r**k, k) for r in rho for k in range(1, 60))
    products = [(a * b, 2) for i, a in enumerate(rho) for b in rho[:i]]
    leading = sorted([*powers, *products], reverse=True)[: len(rho)]
    return sum(degree == 1 for _, degree in leading) / len(rho)


def hermite_nodes() -> Array:
    """Where functions of two standard normal latents are to be known, `[NODES^2, 2]`."""
    node, _ = hermite_e.hermegauss(NODES)
    return np.stack(np.meshgrid(node, node, indexing="ij"), axis=-1).reshape(-1, 2)


def hermite_weights() -> Array:
    """Of each of `hermite_nodes` in a mean over the latents, `[NODES^2]`."""
    _, weight = hermite_e.hermegauss(NODES)
    weight = weight / weight.sum()
    return np.outer(weight, weight).ravel()


def hermite_energies(h: Array) -> Array:
    """How much of the variance of h lies in each total degree: `[2 NODES - 2]`, degree 1 first.

    h: functions of two standard normal latents at `hermite_nodes`, `[NODES^2, dim]`.
    """
    node, weight = hermite_e.hermegauss(NODES)
    weight = weight / weight.sum()
    # Orthonormal polynomials at the nodes, He_k / sqrt(k!), times the weights: [degree, node]
    basis = hermite_e.hermevander(node, NODES - 1).T
    basis = basis / np.exp(special.gammaln(np.arange(NODES) + 1) / 2)[:, None] * weight
    grid = h.reshape(NODES, NODES, -1)
    coefficients = np.einsum("ai,bj,ijd->abd", basis, basis, grid, optimize=True)
    energy = (coefficients**2).sum(-1)
    degree = np.add.outer(np.arange(NODES), np.arange(NODES))
    return np.bincount(degree.ravel(), energy.ravel())[1:]


def _r2(f: Array, z: Array, weight: Array) -> float:
    f, z = f - weight @ f, z - weight @ z
    return float((weight @ (f * z)) ** 2 / ((weight @ f**2) * (weight @ z**2)))
