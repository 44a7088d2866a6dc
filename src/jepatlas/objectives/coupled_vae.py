"""Var-JEPA: two variational autoencoders, coupled by a prediction in latent space."""

import math

from torch import Tensor

from jepatlas.objectives.checks import check_pair, check_positive


def negative_elbo(
    x: Tensor,
    decoded: Tensor,
    posterior: tuple[Tensor, Tensor],
    x_prime: Tensor,
    decoded_prime: Tensor,
    posterior_prime: tuple[Tensor, Tensor],
    predicted: tuple[Tensor, Tensor],
    std: float,
) -> Tensor:
    """Minus the evidence lower bound of the joint density of two views, by one sample:

        -log p(x, x') <= E_q[ -log p(x | z) - log p(x' | z') ]
                         + KL(q(z | x) || N(0, I)) + E_q KL(q(z' | x') || p(z' | z))

    From Var-JEPA (Gogl & Yau 2026, arXiv 2603.20111) are the parts: encoders as posteriors, the
    predictor as a learned conditional prior p(z' | z), and one bound in place of a term against
    collapse. Which latents the model of its experiments on tables has besides is left out; this is
    the smallest one with these parts.

    x, x_prime: the views, `[members, batch, n]`, with p(x | z) = N(decoded, std^2 I) for z drawn
    from the posterior; posterior, posterior_prime, predicted: mean and log variance of q(z | x),
    q(z' | x') and p(z' | z), `[members, batch, dim]`. Returns `[members]`, in nats.
    Raises ValueError on shapes that differ or an std that is not positive.
    """
    check_pair(x, decoded)
    check_pair(x_prime, decoded_prime)
    check_positive("std", std)
    zero = posterior[0].new_zeros(())
    return (
        _surprise(x, decoded, std)
        + _surprise(x_prime, decoded_prime, std)
        + gaussian_divergence(*posterior, zero, zero)
        + gaussian_divergence(*posterior_prime, *predicted)
    )


def gaussian_divergence(
    mean: Tensor, log_variance: Tensor, other_mean: Tensor, other_log_variance: Tensor
) -> Tensor:
    """mean_i KL(N(mean_i, variance_i) || N(other_mean_i, other_variance_i)), all diagonal.

    mean, log_variance: `[members, batch, dim]`; the others are broadcast against them.
    Returns `[members]`, in nats.
    """
    log_ratio = log_variance - other_log_variance
    distance = (mean - other_mean).square() * (-other_log_variance).exp()
    return (log_ratio.exp() + distance - 1 - log_ratio).sum(-1).mean(-1) / 2


def _surprise(x: Tensor, mean: Tensor, std: float) -> Tensor:
    """mean_i -log N(x_i; mean_i, std^2 I)."""
    squares = ((x - mean) / std).square() + math.log(2 * math.pi * std**2)
    return squares.sum(-1).mean(-1) / 2
