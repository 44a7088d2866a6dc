"""Objectives that forbid collapse by the statistics of a batch of embeddings."""

import torch
from torch import Tensor

from jepatlas.objectives.checks import check_pair


def vicreg(
    z: Tensor,
    z_prime: Tensor,
    invariance: float = 25.0,
    variance: float = 25.0,
    covariance: float = 1.0,
) -> Tensor:
    """Variance-invariance-covariance regularisation (Bardes et al. 2022, arXiv 2105.04906).

    With s(z, z') = mean (z - z')^2 over batch and dimensions, v(z) = mean_d max(0, 1 - std_d),
    c(z) = sum_{d != e} Cov_de^2 / dim:

        L = invariance s(z, z') + variance (v(z) + v(z')) / 2 + covariance (c(z) + c(z'))

    The variance terms are halved, as in the released code that the published weights 25, 25 and 1
    were used with, and in the libraries; eq. 6 of the paper sums them.

    z, z_prime: `[members, batch, dim]`, batch >= 2. Returns `[members]`.
    Raises ValueError on shapes that differ or a batch of one.
    """
    check_pair(z, z_prime, least=2)
    agreement = (z - z_prime).square().mean((1, 2))
    spread = collapse_penalty(z, variance / 2, covariance)
    return invariance * agreement + spread + collapse_penalty(z_prime, variance / 2, covariance)


def collapse_penalty(z: Tensor, variance: float, covariance: float) -> Tensor:
    """The part of VICReg that forbids collapse, variance v(z) + covariance c(z), for one view.

    Here the variance term is whole: two views with the weight 25 each are `vicreg` with 50.

    z: `[members, batch, dim]`, batch >= 2. Returns `[members]`.
    """
    return variance * _hinge_on_std(z) + covariance * _off_diagonal_covariance(z)


def barlow_twins(z: Tensor, z_prime: Tensor, redundancy: float = 5e-3) -> Tensor:
    """Barlow Twins (Zbontar et al. 2021, arXiv 2103.03230, eq. 1).

    With C the cross-correlation matrix of the two views, each dimension standardised over the
    batch:  L = sum_d (1 - C_dd)^2 + redundancy sum_{d != e} C_de^2.

    z, z_prime: `[members, batch, dim]`, batch >= 2. Returns `[members]`.
    Raises ValueError on shapes that differ or a batch of one.
    """
    check_pair(z, z_prime, least=2)
    batch = z.shape[1]
    correlation = torch.bmm(_standardized(z).transpose(1, 2), _standardized(z_prime)) / batch
    diagonal = correlation.diagonal(dim1=1, dim2=2)
    off_diagonal = correlation.square().sum((1, 2)) - diagonal.square().sum(-1)
    return (1 - diagonal).square().sum(-1) + redundancy * off_diagonal


def _hinge_on_std(z: Tensor) -> Tensor:
    # Published: the 1e-4 keeps the gradient of the root finite at a variance of zero.
    return torch.relu(1 - (z.var(1) + 1e-4).sqrt()).mean(-1)


def _off_diagonal_covariance(z: Tensor) -> Tensor:
    batch, dim = z.shape[1:]
    centred = z - z.mean(1, keepdim=True)
    covariance = torch.bmm(centred.transpose(1, 2), centred) / (batch - 1)
    diagonal = covariance.diagonal(dim1=1, dim2=2)
    return (covariance.square().sum((1, 2)) - diagonal.square().sum(-1)) / dim


def _standardized(z: Tensor) -> Tensor:
    # Biased variance, as in batch normalisation without affine parameters; likewise its 1e-5.
    centred = z - z.mean(1, keepdim=True)
    return centred / (z.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
