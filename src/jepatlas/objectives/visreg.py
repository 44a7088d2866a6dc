"""VISReg: variance and shape of the embeddings regularised apart from each other."""

import torch
from torch import Tensor

from jepatlas.objectives.checks import check_pair


def visreg(z: Tensor, z_prime: Tensor, directions: Tensor, trade_off: float) -> Tensor:
    """VISReg (Wu et al. 2026, arXiv 2606.02572, algorithm 1): views alike, centred, of unit
    variance and of Gaussian shape.

        L = (1 - trade_off) mean over points and dimensions of (z - z')^2 / 4
            + trade_off mean over both views of (centre + scale + shape)

    With m and s the mean and the standard deviation of each dimension over the batch:

        centre = mean_d m_d^2,   scale = mean_d (1 - s_d)^2,
        shape  = mean over directions and i of (x_(i) - Phi^-1(i / (batch + 1)))^2,

    where x_(i) are the sorted projections of (z - m) / s: the squared 2-Wasserstein distance from
    the normal. The scale's gradient does not vanish where embeddings collapse, unlike SIGReg's.
    As published, no gradient passes s in the shape. So the shape is not blind to the scale: with c
    the mean correlation of x and the quantiles it pulls s towards 0 as 2 (1 - c) / s does, the
    scale away from it as 2 (1 - s), which wins nowhere once c is below 3/4, as it is where the
    embeddings fill only a few of their dimensions.

    z, z_prime: `[members, batch, dim]`, batch >= 2; directions: `[members, dim, slices]`, any
    length but zero; trade_off in [0, 1]. Returns `[members]`.
    Raises ValueError on shapes that do not fit or a trade_off outside [0, 1].
    """
    check_pair(z, z_prime, least=2)
    if directions.shape[:2] != (z.shape[0], z.shape[2]):
        raise ValueError(
            f"directions should be [{z.shape[0]}, {z.shape[2]}, slices], "
            f"are {list(directions.shape)}"
        )
    if not 0 <= trade_off <= 1:
        raise ValueError(f"trade_off should lie in [0, 1], is {trade_off}")
    agreement = (z - z_prime).square().mean((1, 2)) / 4
    directions = directions / directions.norm(dim=1, keepdim=True)
    penalty = (_penalty(z, directions) + _penalty(z_prime, directions)) / 2
    return (1 - trade_off) * agreement + trade_off * penalty


def _penalty(z: Tensor, directions: Tensor) -> Tensor:
    """centre + scale + shape of one view, `[members]`; directions of unit length."""
    mean = z.mean(1, keepdim=True)
    # The 1e-12 keeps the gradient of the root finite at a variance of zero.
    std = (z.var(1, correction=0, keepdim=True) + 1e-12).sqrt()
    normalized = (z - mean) / (std.detach() + 1e-4)  # published: the 1e-4
    ordered = torch.bmm(normalized, directions).sort(dim=1).values  # [members, batch, slices]
    n = z.shape[1]
    positions = torch.arange(1, n + 1, dtype=torch.float64, device=z.device) / (n + 1)
    quantiles = torch.special.ndtri(positions).to(z.dtype)[:, None]
    shape = (ordered - quantiles).square().mean((1, 2))
    return mean.square().mean((1, 2)) + (1 - std).square().mean((1, 2)) + shape
