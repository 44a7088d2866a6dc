"""Contrastive objectives: pull views of one point together, push other points away."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from jepatlas.objectives.checks import check_pair, check_positive


def info_nce(z: Tensor, z_prime: Tensor, temperature: float) -> Tensor:
    """InfoNCE on cosine similarity (van den Oord et al. 2018, arXiv 1807.03748, eq. 4).

    Each z_i must pick its partner z'_i out of all z'_j of the batch:

        L = -mean_i log( exp(cos(z_i, z'_i) / T) / sum_j exp(cos(z_i, z'_j) / T) )

    z, z_prime: `[members, batch, dim]`; temperature T > 0. Returns `[members]`.
    Raises ValueError on shapes that differ or a temperature that is not positive.
    """
    check_pair(z, z_prime)
    check_positive("temperature", temperature)
    similarity = torch.bmm(normalize(z, dim=-1), normalize(z_prime, dim=-1).transpose(1, 2))
    log_probability = torch.log_softmax(similarity / temperature, dim=-1)  # [members, i, j]
    return -log_probability.diagonal(dim1=1, dim2=2).mean(-1)
