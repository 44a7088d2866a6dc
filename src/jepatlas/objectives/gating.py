"""Bernoulli gates: which components of an embedding take part in a prediction."""

import torch
from torch import Tensor

from jepatlas.objectives.checks import check_pair


def gated_error(
    target: Tensor, z: Tensor, decoder: Tensor, gates: Tensor, kept: int, budget: float
) -> Tensor:
    """Squared error averaged over gates b_j that are open with probability p_j (Louizos et al.
    2018, arXiv 1712.01312), and a budget of open ones:

        E_b |x - sum_j b_j z_j d_j|^2 + budget (sum_j p_j - kept)^2,   b_j ~ Bernoulli(p_j),

    where the expectation is |x - sum_j p_j z_j d_j|^2 + sum_j p_j (1 - p_j) z_j^2 |d_j|^2.
    At the optimal decoder a component explains in proportion to p_j, so that gates end at 0 or 1.

    target: `[members, batch, n]`; z: `[members, batch, dim]`; decoder: rows d_j,
    `[members, dim, n]`; gates: p, `[members, 1, dim]`. Returns `[members]`.
    Raises ValueError on shapes that differ.
    """
    decoded = torch.bmm(gates * z, decoder)
    check_pair(target, decoded)
    error = (target - decoded).square().sum(-1).mean(-1)
    power = z.square().mean(1) * decoder.square().sum(-1)  # [members, dim]
    p = gates[:, 0]
    return error + (p * (1 - p) * power).sum(-1) + budget * (p.sum(-1) - kept).square()
