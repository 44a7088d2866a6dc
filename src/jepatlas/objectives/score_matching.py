"""Score matching: fit the gradient of log p without knowing p's normaliser.

The score here is s = -dE/dx, so that E = -log p + const: low on the data.
"""

from torch import Tensor

from jepatlas.objectives.checks import check_pair, check_positive


def denoising(score: Tensor, noise: Tensor, sigma: float) -> Tensor:
    """Denoising score matching (Vincent 2011, Neural Computation 23), weighted by sigma^2.

    `score` is taken at x + sigma * noise with standard normal noise. The loss
    sigma^2 E |s(x + sigma noise) + noise / sigma|^2 is smallest for the score of p convolved with
    N(0, sigma^2 I).

    score, noise: `[members, batch, d]`; sigma > 0. Returns `[members]`.
    Raises ValueError on shapes that differ or a sigma that is not positive.
    """
    check_pair(score, noise)
    check_positive("sigma", sigma)
    return (sigma * score + noise).square().sum(-1).mean(-1)


def implicit(gradient: Tensor, laplacian: Tensor) -> Tensor:
    """Implicit score matching (Hyvarinen 2005, JMLR 6, eq. 4) for s = -dE/dx.

    E |s|^2 / 2 + div s, with div s = -laplacian of E; it equals E |s - grad log p|^2 / 2 up to a
    constant that does not depend on E.

    gradient: dE/dx at samples of p, `[members, batch, d]`; laplacian: `[members, batch]`.
    Returns `[members]`. Raises ValueError on shapes that do not fit.
    """
    if gradient.ndim != 3 or gradient.shape[:2] != laplacian.shape:
        raise ValueError(
            f"gradient [members, batch, d] and laplacian [members, batch] do not fit: "
            f"{list(gradient.shape)} and {list(laplacian.shape)}"
        )
    return gradient.square().sum(-1).mean(-1) / 2 - laplacian.mean(-1)


def sliced(slope: Tensor, curvature: Tensor) -> Tensor:
    """Sliced score matching (Song et al. 2019, arXiv 1905.07088) for s = -dE/dx.

    mean of (v.s)^2 / 2 + v.(ds/dx v) over points and their random directions v, with E v v' = I:
    implicit score matching on average, with one direction in place of the Laplacian.

    slope, curvature: first and second derivative of E along v, `[members, batch]`.
    Returns `[members]`. Raises ValueError on shapes that differ.
    """
    if slope.ndim != 2 or slope.shape != curvature.shape:
        raise ValueError(
            f"slope and curvature should be [members, batch], "
            f"are {list(slope.shape)} and {list(curvature.shape)}"
        )
    return slope.square().mean(-1) / 2 - curvature.mean(-1)
