"""KerJEPA: embeddings held to a Gaussian by a kernel instead of by random directions."""

from torch import Tensor

from jepatlas.objectives.checks import check_pair


def stein_discrepancy(z: Tensor) -> Tensor:
    """Squared kernel Stein discrepancy between embeddings and N(0, I), without bias.

    For the prior's score s(a) = -a and the inverse multiquadric kernel, with r = |a - b|,

        k(a, b) = q^(-1/2),   q = 1 + r^2 / dim,

    the Stein kernel (Gorham & Mackey 2017, arXiv 1703.01717) is

        k_0(a, b) = s(a).s(b) k + s(a).grad_b k + s(b).grad_a k + div_a grad_b k
                  = <a, b> q^(-1/2) + (1 - r^2 / dim) q^(-3/2) - 3 r^2 / dim^2 q^(-5/2),

    and the result its mean over all pairs of different points: 0 on average for normal embeddings,
    1 for embeddings that are all 0. The kernel's squared width, dim, is half the mean squared
    distance of two normal points, so that it tells near from far in any dimension.

    z: `[members, batch, dim]`, batch >= 2. Returns `[members]`.
    Raises ValueError on other shapes.
    """
    check_pair(z, z, least=2)
    n, dim = z.shape[1:]
    products = z @ z.mT  # [members, n, n]
    squares = products.diagonal(dim1=1, dim2=2)
    r2 = (squares[:, :, None] + squares[:, None] - 2 * products) / dim
    root = (1 + r2).rsqrt()
    stein = products * root + (1 - r2) * root**3 - 3 * r2 / dim * root**5
    alike = stein.diagonal(dim1=1, dim2=2).sum(-1)
    return (stein.sum((1, 2)) - alike) / (n * (n - 1))


def kerjepa(z: Tensor, z_prime: Tensor, trade_off: float) -> Tensor:
    """KerJEPA (Zimmermann et al. 2025, arXiv 2512.19605): views alike, and a kernel discrepancy
    between embeddings and a prior in place of LeJEPA's SIGReg.

        L = (1 - trade_off) mean over points and dimensions of (z - z')^2 / 4
            + trade_off (KSD^2(z) + KSD^2(z')) / 2

    Of the paper's family it is the one with the Stein discrepancy, the inverse multiquadric kernel
    and a Gaussian prior, not sliced. The width of the kernel is ours, the form of the sum LeJEPA's.

    z, z_prime: `[members, batch, dim]`, batch >= 2; trade_off in [0, 1]. Returns `[members]`.
    Raises ValueError on shapes that differ or a trade_off outside [0, 1].
    """
    check_pair(z, z_prime, least=2)
    if not 0 <= trade_off <= 1:
        raise ValueError(f"trade_off should lie in [0, 1], is {trade_off}")
    agreement = (z - z_prime).square().mean((1, 2)) / 4
    discrepancy = (stein_discrepancy(z) + stein_discrepancy(z_prime)) / 2
    return (1 - trade_off) * agreement + trade_off * discrepancy
