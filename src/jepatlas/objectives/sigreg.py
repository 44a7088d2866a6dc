"""SIGReg: make the embeddings an isotropic Gaussian, one random direction at a time."""

import torch
from torch import Tensor

from jepatlas.objectives.checks import check_pair

KNOTS = 17  # on [0, RANGE]
RANGE = 3.0


def epps_pulley(samples: Tensor) -> Tensor:
    """Epps-Pulley statistic: how far one-dimensional samples are from a standard normal.

        n * integral |phi_n(t) - exp(-t^2/2)|^2 exp(-t^2/2) dt,   phi_n(t) = mean_j exp(i t x_j),

    over [-3, 3] by the trapezoid rule with 17 knots on [0, 3], the integrand being even in t: the
    released code of LeJEPA (Balestriero & LeCun 2025, arXiv 2511.08544), which its weights are
    published for. Only 0.3 % of the window's weight lie beyond. Algorithm 1 of the paper has 17
    knots on [-5, 5] instead; at that spacing, samples that are 10.05 apart look the same, here
    those that are 33.5 apart.

    samples: `[..., n]`. Returns `[...]`. Raises ValueError where there are no samples.
    """
    n = samples.shape[-1]
    if n == 0:
        raise ValueError("at least one sample is needed, got 0")
    # At t = 0 the integrand is 0. Each t > 0 stands for -t as well.
    t = torch.linspace(0, RANGE, KNOTS, dtype=samples.dtype, device=samples.device)[1:]
    window = torch.exp(-t.square() / 2)  # also the characteristic function of the normal
    weight = torch.full_like(t, 2 * RANGE / (KNOTS - 1))
    weight[-1] /= 2
    angle = samples[..., None] * t  # [..., n, knots]
    real, imaginary = angle.cos().mean(-2) - window, angle.sin().mean(-2)
    return n * ((real.square() + imaginary.square()) * window * weight).sum(-1)


def sigreg(z: Tensor, directions: Tensor) -> Tensor:
    """Sketched isotropic Gaussian regularisation (arXiv 2511.08544): the mean over directions of
    the Epps-Pulley statistic of the embeddings along them.

    z: `[members, batch, dim]`; directions: `[members, dim, slices]`, any length but zero.
    Returns `[members]`. Raises ValueError on shapes that do not fit.
    """
    if directions.shape[:2] != (z.shape[0], z.shape[2]):
        raise ValueError(
            f"directions should be [{z.shape[0]}, {z.shape[2]}, slices], "
            f"are {list(directions.shape)}"
        )
    directions = directions / directions.norm(dim=1, keepdim=True)
    return epps_pulley(torch.bmm(z, directions).transpose(1, 2)).mean(-1)


def lejepa(z: Tensor, z_prime: Tensor, directions: Tensor, trade_off: float) -> Tensor:
    """LeJEPA (Balestriero & LeCun 2025, arXiv 2511.08544): views alike, plus SIGReg.

        L = (1 - trade_off) mean over points and dimensions of (z - z')^2 / 4
            + trade_off (SIGReg(z) + SIGReg(z')) / 2

    For two views, (z - z')^2 / 4 is the mean squared distance to their centre: Algorithm 2 and the
    released code. By eq. 5 of the paper it would be twice that.

    z, z_prime: `[members, batch, dim]`; directions: `[members, dim, slices]`, any length but zero;
    trade_off in [0, 1]. Returns `[members]`.
    Raises ValueError on shapes that do not fit or a trade_off outside [0, 1].
    """
    check_pair(z, z_prime)
    _check_trade_off(trade_off)
    agreement = (z - z_prime).square().mean((1, 2)) / 4
    gaussianity = (sigreg(z, directions) + sigreg(z_prime, directions)) / 2
    return (1 - trade_off) * agreement + trade_off * gaussianity


def predictive(
    prediction: Tensor, z: Tensor, z_prime: Tensor, directions: Tensor, trade_off: float
) -> Tensor:
    """JEPA with SIGReg in place of a slow target: z predicts z', and both look Gaussian.

        L = (1 - trade_off) mean over points and dimensions of (p(z) - z')^2
            + trade_off (SIGReg(z) + SIGReg(z')) / 2

    LeJEPA's SIGReg (arXiv 2511.08544) beside the error of a predictor p, the form that
    LeWorldModel (2026, arXiv 2603.19312) has for frames of a film. The gradient reaches both views.

    prediction p(z), z, z_prime: `[members, batch, dim]`; directions and trade_off: see `lejepa`.
    Returns `[members]`. Raises ValueError on shapes that do not fit or a trade_off outside [0, 1].
    """
    check_pair(prediction, z_prime)
    check_pair(z, z_prime)
    _check_trade_off(trade_off)
    error = (prediction - z_prime).square().mean((1, 2))
    gaussianity = (sigreg(z, directions) + sigreg(z_prime, directions)) / 2
    return (1 - trade_off) * error + trade_off * gaussianity


def _check_trade_off(trade_off: float) -> None:
    if not 0 <= trade_off <= 1:
        raise ValueError(f"trade_off should lie in [0, 1], is {trade_off}")
