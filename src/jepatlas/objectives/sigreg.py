"""SIGReg: make the embeddings an isotropic Gaussian, one random direction at a time."""

import torch
from torch import Tensor

from jepatlas.objectives.checks import check_pair

KNOTS = 17
RANGE = 5.0  # the Gaussian window makes what lies beyond it negligible


def epps_pulley(samples: Tensor) -> Tensor:
    """Epps-Pulley statistic: how far one-dimensional samples are from a standard normal.

        n * integral |phi_n(t) - exp(-t^2/2)|^2 exp(-t^2/2) dt,   phi_n(t) = mean_j exp(i t x_j),

    over [-5, 5] by the trapezoid rule on 17 knots, as in LeJEPA (Balestriero & LeCun 2025,
    arXiv 2511.08544). The integrand is even in t, so only t >= 0 is summed (9 of the knots).

    samples: `[..., n]`. Returns `[...]`. Raises ValueError where there are no samples.
    """
    n = samples.shape[-1]
    if n == 0:
        raise ValueError("at least one sample is needed, got 0")
    half = KNOTS // 2 + 1
    t = torch.linspace(0, RANGE, half, dtype=samples.dtype, device=samples.device)
    window = torch.exp(-t.square() / 2)  # also the characteristic function of the normal
    # Each t > 0 stands for -t as well; at t = 0 the integrand is 0.
    weight = torch.full_like(t, 2 * RANGE / (half - 1))
    weight[-1] /= 2
    angle = samples[..., None] * t  # [..., n, knots]
    real, imaginary = angle.cos().mean(-2) - window, angle.sin().mean(-2)
    return n * ((real.square() + imaginary.square()) * window * weight).sum(-1)


def lejepa(z: Tensor, z_prime: Tensor, directions: Tensor, trade_off: float) -> Tensor:
    """LeJEPA (Balestriero & LeCun 2025, arXiv 2511.08544): prediction between views plus SIGReg.

        L = (1 - trade_off) mean over points and dimensions of (z - z')^2 / 2
            + trade_off mean over views and directions of the Epps-Pulley statistic

    For two views, (z - z')^2 / 2 is the sum of squared distances to their centre.

    z, z_prime: `[members, batch, dim]`; directions: `[members, dim, slices]`, any length but zero;
    trade_off in [0, 1]. Returns `[members]`.
    Raises ValueError on shapes that do not fit or a trade_off outside [0, 1].
    """
    check_pair(z, z_prime)
    if directions.shape[:2] != (z.shape[0], z.shape[2]):
        raise ValueError(
            f"directions should be [{z.shape[0]}, {z.shape[2]}, slices], "
            f"are {list(directions.shape)}"
        )
    if not 0 <= trade_off <= 1:
        raise ValueError(f"trade_off should lie in [0, 1], is {trade_off}")
    agreement = (z - z_prime).square().mean((1, 2)) / 2
    directions = directions / directions.norm(dim=1, keepdim=True)
    sliced = torch.stack([torch.bmm(view, directions) for view in (z, z_prime)])
    gaussianity = epps_pulley(sliced.transpose(-1, -2)).mean((0, 2))  # [views, members, slices]
    return (1 - trade_off) * agreement + trade_off * gaussianity
