"""Whitened embeddings: alignment under a covariance that is held to the identity."""

import torch
from torch import Tensor

from jepatlas.objectives.checks import check_pair


def whitening(z: Tensor, z_prime: Tensor, trade_off: float) -> Tensor:
    """Agreement of the views, and their covariance close to the identity (the ablation of SIGReg in
    Klindt, LeCun & Balestriero 2026, arXiv 2605.26379):

        L = (1 - trade_off) mean_i |z_i - z'_i|^2 + trade_off |Cov - I|_F^2,

    with the covariance of all points of both views.

    z, z_prime: `[members, batch, dim]`; trade_off in [0, 1]. Returns `[members]`.
    Raises ValueError on shapes that differ or a trade_off outside [0, 1].
    """
    check_pair(z, z_prime)
    if not 0 <= trade_off <= 1:
        raise ValueError(f"trade_off should lie in [0, 1], is {trade_off}")
    agreement = (z - z_prime).square().sum(-1).mean(-1)
    both = torch.cat([z, z_prime], dim=1)
    centred = both - both.mean(1, keepdim=True)
    covariance = torch.bmm(centred.mT, centred) / both.shape[1]
    identity = torch.eye(z.shape[-1], dtype=z.dtype, device=z.device)
    distance = (covariance - identity).square().sum((1, 2))
    return (1 - trade_off) * agreement + trade_off * distance
