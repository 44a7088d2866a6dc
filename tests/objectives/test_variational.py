"""Variational objectives against torch.distributions and against sampling."""

import math

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from jepatlas.objectives import variational

GENERATOR = torch.Generator().manual_seed(0)
MEMBERS, BATCH, DIM = 2, 50, 3


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=GENERATOR)


MEAN, LOG_VARIANCE = normal(MEMBERS, BATCH, DIM), normal(MEMBERS, 1, DIM)
POSTERIOR = Normal(MEAN, (LOG_VARIANCE / 2).exp().expand_as(MEAN))
ROOT = torch.tril(normal(MEMBERS, DIM, DIM), -1) + torch.diag_embed(normal(MEMBERS, DIM).exp())
PREDICTED = normal(MEMBERS, BATCH, DIM)


def test_kl_to_standard_normal():
    expected = kl_divergence(POSTERIOR, Normal(0.0, 1.0)).sum(-1).mean(-1)
    torch.testing.assert_close(variational.kl_to_standard_normal(MEAN, LOG_VARIANCE), expected)


def test_kl_to_isotropic():
    expected = kl_divergence(POSTERIOR, Normal(0.0, 3.0)).sum(-1).mean(-1)
    torch.testing.assert_close(variational.kl_to_isotropic(MEAN, LOG_VARIANCE, 3.0), expected)


def test_cross_entropy_is_that_of_samples():
    noise = normal(20_000, MEMBERS, BATCH, DIM)
    z = MEAN + (LOG_VARIANCE / 2).exp() * noise
    prediction = MultivariateNormal(PREDICTED, precision_matrix=(ROOT @ ROOT.mT)[:, None])
    expected = -prediction.log_prob(z).mean((0, 2))
    mine = variational.cross_entropy(MEAN, LOG_VARIANCE.exp(), PREDICTED, ROOT)
    torch.testing.assert_close(mine, expected, rtol=5e-3, atol=0)


def test_aggregate_entropy_is_that_of_the_gaussian_with_the_moments_of_samples():
    noise = normal(20_000, MEMBERS, BATCH, DIM)
    z = (MEAN + (LOG_VARIANCE / 2).exp() * noise).transpose(0, 1).reshape(MEMBERS, -1, DIM)
    expected = [
        MultivariateNormal(torch.zeros(DIM, dtype=z.dtype), torch.cov(member.T)).entropy()
        for member in z
    ]
    mine = variational.aggregate_entropy(MEAN, LOG_VARIANCE.exp())
    torch.testing.assert_close(mine, torch.stack(expected), rtol=1e-3, atol=1e-3)


def test_the_bottleneck_is_the_sum_of_its_terms():
    variance = LOG_VARIANCE.exp()
    expected = (
        variational.cross_entropy(MEAN, variance, PREDICTED, ROOT)
        - 0.7 * variational.aggregate_entropy(MEAN, variance)
        + 0.2 * variational.kl_to_standard_normal(MEAN, LOG_VARIANCE)
    )
    code = variational.cross_entropy(MEAN, variance, PREDICTED, ROOT)
    mine = variational.predictive_bottleneck(code, MEAN, LOG_VARIANCE, 0.7, 0.2)
    torch.testing.assert_close(mine, expected)


def test_a_variance_of_each_point_costs_what_samples_say():
    """Points for which error and log variance are jointly Gaussian, many of them."""
    latents = normal(MEMBERS, 200_000, 3)
    mix = [0.5 * normal(MEMBERS, 3, DIM) for _ in range(3)]
    mean, predicted, log_variance = (latents @ one for one in mix)
    mean = mean + 0.3
    z = mean + (LOG_VARIANCE / 2).exp() * normal(MEMBERS, 200_000, DIM)
    expected = -Normal(predicted, (log_variance / 2).exp()).log_prob(z).sum(-1).mean(-1)
    mine = variational.heteroscedastic_cross_entropy(
        mean, LOG_VARIANCE.exp(), predicted, log_variance
    )
    torch.testing.assert_close(mine, expected, rtol=0.02, atol=0)


def test_a_variance_that_is_the_same_for_each_point_is_the_plain_cross_entropy():
    log_variance = normal(MEMBERS, 1, DIM)
    root = torch.diag_embed((-log_variance[:, 0] / 2).exp())
    torch.testing.assert_close(
        variational.heteroscedastic_cross_entropy(
            MEAN, LOG_VARIANCE.exp(), PREDICTED, log_variance.expand_as(MEAN)
        ),
        variational.cross_entropy(MEAN, LOG_VARIANCE.exp(), PREDICTED, root),
    )


def test_the_bottleneck_cannot_be_lowered_by_collapse():
    """Shrinking latents and prediction together changes nothing but the KL."""
    small = 1e-2
    loss = [
        variational.predictive_bottleneck(
            variational.cross_entropy(
                scale * MEAN, scale**2 * LOG_VARIANCE.exp(), scale * PREDICTED, ROOT / scale
            ),
            scale * MEAN,
            LOG_VARIANCE + 2 * math.log(scale),
            beta=0.0,
        )
        for scale in (1.0, small)
    ]
    torch.testing.assert_close(loss[0], loss[1])


def test_the_elbo_is_that_of_samples():
    decoder, target = normal(MEMBERS, DIM, 6), normal(MEMBERS, BATCH, 6)
    z = MEAN + (LOG_VARIANCE / 2).exp() * normal(20_000, MEMBERS, BATCH, DIM)
    expected = (target - z @ decoder).square().sum(-1).mean((0, 2))
    expected = expected + 0.3 * variational.kl_to_standard_normal(MEAN, LOG_VARIANCE)
    mine = variational.negative_elbo(target, MEAN @ decoder, decoder, MEAN, LOG_VARIANCE, 0.3)
    torch.testing.assert_close(mine, expected, rtol=5e-3, atol=0)


def test_the_product_of_experts_is_the_product_of_densities():
    mean, log_variance = normal(MEMBERS, 1, DIM), normal(MEMBERS, 1, DIM)
    joint_mean, joint_root = variational.product_of_experts(PREDICTED, ROOT, mean, log_variance)
    first = MultivariateNormal(PREDICTED, precision_matrix=(ROOT @ ROOT.mT)[:, None])
    other = Normal(mean, (log_variance / 2).exp())
    joint = MultivariateNormal(joint_mean, precision_matrix=(joint_root @ joint_root.mT)[:, None])
    points = normal(5, MEMBERS, BATCH, DIM)
    log_ratio = first.log_prob(points) + other.log_prob(points).sum(-1) - joint.log_prob(points)
    torch.testing.assert_close(log_ratio, log_ratio[:1].expand_as(log_ratio))  # a constant


def test_so_is_that_of_experts_with_diagonal_covariances():
    each, mean, log_variance = (normal(MEMBERS, n, DIM) for n in (BATCH, 1, 1))
    joint_mean, variance = variational.product_of_diagonal_experts(
        PREDICTED, each, mean, log_variance
    )
    first, other = Normal(PREDICTED, (each / 2).exp()), Normal(mean, (log_variance / 2).exp())
    joint, points = Normal(joint_mean, variance.sqrt()), normal(5, MEMBERS, BATCH, DIM)
    log_ratio = first.log_prob(points) + other.log_prob(points) - joint.log_prob(points)
    torch.testing.assert_close(log_ratio, log_ratio[:1].expand_as(log_ratio), rtol=1e-4, atol=1e-4)


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match="two stacks"):
        variational.cross_entropy(MEAN, LOG_VARIANCE.exp(), PREDICTED[:, :-1], ROOT)


def test_the_elbo_with_a_variance_of_each_point_is_that_of_samples():
    """Points over which log variances are Gaussian, many of them."""
    x = normal(MEMBERS, 200_000, 3)
    mean, log_variance, target = (x @ normal(MEMBERS, 3, size) for size in (DIM, DIM, 6))
    log_variance, decoder = 0.4 * log_variance - 0.5, normal(MEMBERS, DIM, 6)
    q = Normal(mean, (log_variance / 2).exp())
    error = (target - q.sample() @ decoder).square().sum(-1).mean(-1)
    expected = error + 0.3 * kl_divergence(q, Normal(0.0, 1.0)).sum(-1).mean(-1)
    mine = variational.negative_elbo(target, mean @ decoder, decoder, mean, log_variance, 0.3)
    torch.testing.assert_close(mine, expected, rtol=0.02, atol=0)


def test_the_luck_of_draws_is_what_they_are_off_the_expectation():
    decoder, target, noise = normal(MEMBERS, DIM, 6), normal(MEMBERS, BATCH, 6), MEAN.flip(1)
    log_variance = 0.5 * normal(MEMBERS, BATCH, DIM)
    variance = log_variance.exp()
    z = MEAN + variance.sqrt() * noise
    blur = torch.einsum("mbj,mjn->mb", variance, decoder.square())
    off = (target - z @ decoder).square().sum(-1) - (target - MEAN @ decoder).square().sum(-1)
    told = target, MEAN @ decoder, decoder, MEAN, log_variance
    torch.testing.assert_close(variational.luck_of_decoding(*told, noise), (off - blur).mean(-1))

    surprise = -Normal(PREDICTED, variance.sqrt()).log_prob(MEAN + POSTERIOR.scale * noise)
    expected = -Normal(PREDICTED, variance.sqrt()).log_prob(MEAN)
    expected = expected + (LOG_VARIANCE - log_variance).exp() / 2
    told = MEAN, LOG_VARIANCE.exp(), PREDICTED, log_variance
    torch.testing.assert_close(
        variational.luck_of_targets(*told, noise), (surprise - expected).sum(-1).mean(-1)
    )
