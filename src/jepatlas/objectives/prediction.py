"""Joint-embedding prediction: squared distances between L2-normalised embeddings, and no more.

For unit vectors |u - v|^2 = 2 - 2 cos(u, v). Nothing in these losses keeps points apart: a constant
map makes them zero, so what stands between them and collapse is the architecture (an EMA target, a
predictor) or the number of steps.
"""

from torch import Tensor
from torch.nn.functional import normalize

from jepatlas.objectives.checks import check_pair


def paired_distance(z: Tensor, z_prime: Tensor) -> Tensor:
    """mean_i |u_i - u'_i|^2 with u = z / |z| (BYOL: Grill et al. 2020, arXiv 2006.07733, eq. 2).

    z, z_prime: `[members, batch, dim]`. Returns `[members]`, each in [0, 4].
    Raises ValueError on shapes that differ.
    """
    check_pair(z, z_prime)
    return (normalize(z, dim=-1) - normalize(z_prime, dim=-1)).square().sum(-1).mean(-1)


def pairwise_distance(z: Tensor, z_prime: Tensor) -> Tensor:
    """mean_ij |u_i - u'_j|^2 over all pairs of the batch, with u = z / |z|.

    As the mean over all pairs of unit vectors is 2 - 2 <mean u, mean u'>, no matrix of pairs is
    needed.

    z, z_prime: `[members, batch, dim]`. Returns `[members]`, each in [0, 4].
    Raises ValueError on shapes that differ.
    """
    check_pair(z, z_prime)
    u, u_prime = normalize(z, dim=-1).mean(1), normalize(z_prime, dim=-1).mean(1)
    return 2 - 2 * (u * u_prime).sum(-1)
