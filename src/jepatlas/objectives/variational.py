"""Variational objectives with Gaussian posteriors, in closed form.

A posterior is q(z | x) = N(mean(x), diag(exp(log_variance))). Where encoder and decoder are linear,
its optimal variance is the same for every x (Lucas et al. 2019, arXiv 1911.02469), so log_variance
may be `[members, 1, dim]`. Expectations under q are taken analytically; what a draw adds to one,
its luck, is a term of its own.
"""

import math

import torch
from torch import Tensor

from jepatlas.objectives.checks import check_pair


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """mean_i KL(q(z | x_i) || N(0, I)) (Kingma & Welling 2014, arXiv 1312.6114, appendix B).

    mean: `[members, batch, dim]`; log_variance: broadcast against it. Returns `[members]`, in nats.
    """
    terms = mean.square() + log_variance.exp() - 1 - log_variance
    return terms.sum(-1).mean(-1) / 2


def kl_to_isotropic(mean: Tensor, log_variance: Tensor, std: float) -> Tensor:
    """KL to N(0, std^2 I) instead; arguments and result as above."""
    return kl_to_standard_normal(mean / std, log_variance - 2 * math.log(std))


def negative_elbo(
    target: Tensor,
    decoded: Tensor,
    decoder: Tensor,
    mean: Tensor,
    log_variance: Tensor,
    beta: float,
) -> Tensor:
    """beta-VAE (Higgins et al. 2017) with a linear decoder, E_q taken analytically:

        E_q |x - D z|^2 + beta KL(q || N(0, I)),
        E_q |x - D z|^2 = |x - D mean|^2 + sum_j exp(log_variance_j) |D_j|^2.

    A log variance of each point is Gaussian over the points, so that no more is taken of a batch
    than its first two moments: mean_i exp(log_variance_i) = exp(E l + Var l / 2).

    target, decoded: `[members, batch, n]`; decoder: D, `[members, dim, n]`;
    mean: `[members, batch, dim]`; log_variance: `[members, 1, dim]`, or shaped like the mean.
    Returns `[members]`. Raises ValueError on shapes that differ.
    """
    check_pair(target, decoded)
    error = (target - decoded).square().sum(-1).mean(-1)
    if log_variance.shape[1] == 1:
        blur = torch.bmm(log_variance.exp(), decoder.square()).sum((1, 2))
        return error + blur + beta * kl_to_standard_normal(mean, log_variance)
    check_pair(mean, log_variance)
    variance = (log_variance.mean(1) + log_variance.var(1, correction=0) / 2).exp()
    blur = (variance * decoder.square().sum(-1)).sum(-1)
    divergence = (mean.square() - 1 - log_variance).mean(1) + variance
    return error + blur + beta * divergence.sum(-1) / 2


def luck_of_decoding(
    target: Tensor,
    decoded: Tensor,
    decoder: Tensor,
    mean: Tensor,
    log_variance: Tensor,
    noise: Tensor,
) -> Tensor:
    """What mean_i |x_i - D z_i|^2 is off its expectation for one draw z_i of each q(z | x_i).

    noise: standard normal, shaped like the mean; the others as above. Returns `[members]`, 0 on
    average.
    """
    variance = log_variance.exp().expand_as(mean)
    moved = torch.bmm(noise * variance.sqrt(), decoder)
    blur = (variance * decoder.square().sum(-1)[:, None]).sum(-1).mean(-1)
    return (moved * (moved - 2 * (target - decoded))).sum(-1).mean(-1) - blur


def cross_entropy(mean: Tensor, variance: Tensor, predicted: Tensor, root: Tensor) -> Tensor:
    """mean_i E_q(z | x_i)[-log N(z; predicted_i, (root root')^-1)]: a prediction's code length.

    mean, predicted: `[members, batch, dim]`; variance: that of q, `[members, 1, dim]`; root: a
    lower triangular root of the predictive precision, `[members, dim, dim]`.
    Returns `[members]`, in nats.
    Raises ValueError on shapes that differ.
    """
    check_pair(mean, predicted)
    dim = mean.shape[-1]
    error = torch.bmm(mean - predicted, root).square().sum(-1).mean(-1)
    blur = torch.bmm(variance, root.square()).sum((1, 2))  # trace(precision diag(variance))
    log_root = root.diagonal(dim1=1, dim2=2).log().sum(-1)
    return (error + blur + dim * math.log(2 * math.pi)) / 2 - log_root


def heteroscedastic_cross_entropy(
    mean: Tensor, variance: Tensor, predicted: Tensor, log_variance: Tensor
) -> Tensor:
    """The cross-entropy with N(predicted_i, diag(exp(log_variance_i))), a variance of each point,
    where error e = mean - predicted and l = log_variance are jointly Gaussian over the points:

        E[(e^2 + variance) exp(-l)] = exp(-E l + Var l / 2) ((E e - Cov(e, l))^2 + Var e + variance)

    So it takes no more of a batch than its first two moments, as where the variance is constant.

    mean, predicted, log_variance: `[members, batch, dim]`; variance: of q, `[members, 1, dim]`.
    Returns `[members]`, in nats.
    Raises ValueError on shapes that differ.
    """
    check_pair(mean, predicted)
    check_pair(mean, log_variance)
    error = mean - predicted
    e, l = error.mean(1), log_variance.mean(1)  # noqa: E741
    de, dl = error - e[:, None], log_variance - l[:, None]
    tilted = e - (de * dl).mean(1)
    square = tilted.square() + de.square().mean(1) + variance[:, 0]
    terms = (dl.square().mean(1) / 2 - l).exp() * square + l + math.log(2 * math.pi)
    return terms.sum(-1) / 2


def luck_of_targets(
    mean: Tensor, variance: Tensor, predicted: Tensor, log_variance: Tensor, noise: Tensor
) -> Tensor:
    """What mean_i -log N(z_i; predicted_i, diag(exp(log_variance_i))) is off its expectation, for
    one draw z_i of each q.

    noise: standard normal, `[members, batch, dim]`; the others as above. Returns `[members]`, 0 on
    average.
    """
    moved = noise * variance.sqrt()
    change = moved * (moved + 2 * (mean - predicted)) - variance
    return ((-log_variance).exp() * change).sum(-1).mean(-1) / 2


def aggregate_entropy(mean: Tensor, variance: Tensor) -> Tensor:
    """Entropy of the Gaussian with the moments of the aggregate posterior mean_i q(z | x_i).

    Of all distributions with these moments it has the largest entropy; for Gaussian data and a
    linear encoder it is the aggregate posterior itself. It grows with the spread of the means, so
    it is what forbids collapse.

    mean: `[members, batch, dim]`; variance: `[members, 1, dim]`. Returns `[members]`, in nats.
    """
    dim = mean.shape[-1]
    centred = mean - mean.mean(1, keepdim=True)
    covariance = torch.bmm(centred.mT, centred) / mean.shape[1] + torch.diag_embed(variance[:, 0])
    root = torch.linalg.cholesky(covariance)
    log_root = root.diagonal(dim1=1, dim2=2).log().sum(-1)
    return dim * (1 + math.log(2 * math.pi)) / 2 + log_root


def predictive_bottleneck(
    code: Tensor, mean: Tensor, log_variance: Tensor, entropy: float = 1.0, beta: float = 0.01
) -> Tensor:
    """Past-future information bottleneck (Creutzig et al. 2009, Phys. Rev. E 79, 041925):

        -E_q(z' | x') log p(z' | z) - entropy H[aggregate q(z')] + beta KL(q(z' | x') || N(0, I))

    With entropy 1, the first two terms are minus a lower bound of the predictive information
    I(z'; z) (Barber & Agakov 2003); the KL is an upper bound of I(z'; x'), what z' keeps of x'.

    code: the first term, `[members]`, a cross-entropy; mean: of q, `[members, batch, dim]`;
    log_variance: of q, `[members, 1, dim]`. Returns `[members]`, in nats.
    """
    loss = code + beta * kl_to_standard_normal(mean, log_variance)
    if entropy:
        loss = loss - entropy * aggregate_entropy(mean, log_variance.exp())
    return loss


def product_of_experts(
    mean: Tensor, root: Tensor, other_mean: Tensor, other_log_variance: Tensor
) -> tuple[Tensor, Tensor]:
    """N(mean, (root root')^-1) times N(other_mean, diag(exp(other_log_variance))), normalised:
    precisions add, and the mean is weighted by them.

    mean: `[members, batch, dim]`; root: lower triangular, `[members, dim, dim]`; the other expert:
    `[members, 1, dim]`. Returns mean and root of the product, shaped like the first expert's.
    """
    precision, other = root @ root.mT, (-other_log_variance).exp()
    joint = torch.linalg.cholesky(precision + torch.diag_embed(other[:, 0]))
    weighted = mean @ precision + other * other_mean
    return torch.cholesky_solve(weighted.mT, joint).mT, joint


def product_of_diagonal_experts(
    mean: Tensor, log_variance: Tensor, other_mean: Tensor, other_log_variance: Tensor
) -> tuple[Tensor, Tensor]:
    """The same of Gaussians with diagonal covariances; mean and variance of the product.

    mean, log_variance: `[members, batch, dim]`; of the other expert: `[members, 1, dim]`.
    """
    precision, other = (-log_variance).exp(), (-other_log_variance).exp()
    variance = 1 / (precision + other)
    return variance * (precision * mean + other * other_mean), variance
