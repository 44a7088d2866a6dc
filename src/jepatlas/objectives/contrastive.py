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


def nt_xent(z: Tensor, z_prime: Tensor, temperature: float) -> Tensor:
    """SimCLR's normalised, temperature-scaled cross-entropy (Chen et al. 2020, arXiv 2002.05709,
    eq. 1): InfoNCE from both sides, among all views of the batch.

    Of the 2n views u_1, ..., u_2n of a batch, each must pick its partner out of all others:

        L = -mean_i log( exp(cos(u_i, u_partner(i)) / T) / sum_{j != i} exp(cos(u_i, u_j) / T) )

    z, z_prime: `[members, batch, dim]`; temperature T > 0. Returns `[members]`.
    Raises ValueError on shapes that differ or a temperature that is not positive.
    """
    check_pair(z, z_prime)
    check_positive("temperature", temperature)
    n = z.shape[1]
    u = normalize(torch.cat([z, z_prime], dim=1), dim=-1)
    logits = torch.bmm(u, u.transpose(1, 2)) / temperature  # [members, 2n, 2n]
    itself = torch.eye(2 * n, dtype=torch.bool, device=u.device)
    log_probability = torch.log_softmax(logits.masked_fill(itself, float("-inf")), dim=-1)
    # The partner of i is i + n for the first half, i - n for the second.
    forth = log_probability.diagonal(n, dim1=1, dim2=2)
    back = log_probability.diagonal(-n, dim1=1, dim2=2)
    return -torch.cat([forth, back], dim=1).mean(-1)


def spectral(z: Tensor, z_prime: Tensor) -> Tensor:
    """Spectral contrastive loss (HaoChen et al. 2021, arXiv 2106.04156, eq. 6).

        L = -2 mean_i <z_i, z'_i> + mean_{i != j} <z_i, z'_j>^2

    Up to a constant it is the squared error of <f(x), f(x')> as an approximation, of the rank of
    the embedding, to p(x, x') / (p(x) p(x')): its optimum spans the leading eigenfunctions of the
    kernel of positive pairs.

    z, z_prime: `[members, batch, dim]`, batch >= 2. Returns `[members]`.
    Raises ValueError on shapes that differ or a batch of one.
    """
    check_pair(z, z_prime, least=2)
    n = z.shape[1]
    products = torch.bmm(z, z_prime.transpose(1, 2))  # [members, i, j]
    positive = products.diagonal(dim1=1, dim2=2)
    negative = products.square().sum((1, 2)) - positive.square().sum(-1)
    return -2 * positive.mean(-1) + negative / (n * (n - 1))


def gaussian_info_nce(z: Tensor, z_prime: Tensor) -> Tensor:
    """InfoNCE with the Gaussian kernel exp(-|z - z'|^2 / 2) in the place of the cosine's (as in
    Zimmermann et al. 2021, arXiv 2102.08850, for embeddings in all of space):

        L = -mean_i log( exp(-|z_i - z'_i|^2 / 2) / sum_j exp(-|z_i - z'_j|^2 / 2) )

    z, z_prime: `[members, batch, dim]`. Returns `[members]`. Raises ValueError on shapes that
    differ.
    """
    check_pair(z, z_prime)
    # |z_i|^2 / 2 is the same for all j, and so falls out of the softmax.
    similarity = torch.bmm(z, z_prime.mT) - z_prime.square().sum(-1)[:, None] / 2
    log_probability = torch.log_softmax(similarity, dim=-1)  # [members, i, j]
    return -log_probability.diagonal(dim1=1, dim2=2).mean(-1)
