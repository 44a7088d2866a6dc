"""W-MSE: whitened embeddings of two views alike."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from jepatlas.objectives.checks import check_pair

SHRINKAGE = 1e-3  # of the covariance towards I, so that a collapsed batch has a root as well


def whitened_distance(z: Tensor, z_prime: Tensor) -> Tensor:
    """W-MSE (Ermolov et al. 2021, arXiv 2007.06346), with the cosine as the distance:

        L = mean_i |u_i - u'_i|^2,   u = w / |w|,   w = W (z - mean z),

    with W the inverse of the Cholesky root of the covariance of the view's batch, so that
    Cov w = I: a constant map is not among the solutions. The batch should be at least twice as
    large as the embedding is wide.

    z, z_prime: `[members, batch, dim]`, batch > dim. Returns `[members]`, each in [0, 4].
    Raises ValueError on shapes that differ or a batch too small for a covariance of full rank.
    """
    check_pair(z, z_prime, least=z.shape[-1] + 1)
    u, u_prime = (normalize(_whitened(view), dim=-1) for view in (z, z_prime))
    return (u - u_prime).square().sum(-1).mean(-1)


def _whitened(z: Tensor) -> Tensor:
    batch, dim = z.shape[1:]
    centred = z - z.mean(1, keepdim=True)
    covariance = centred.mT @ centred / (batch - 1)
    identity = torch.eye(dim, dtype=z.dtype, device=z.device)
    root = torch.linalg.cholesky((1 - SHRINKAGE) * covariance + SHRINKAGE * identity)
    return torch.linalg.solve_triangular(root, centred.mT, upper=False).mT
