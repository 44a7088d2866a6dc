"""The energy of a mixture in closed form, in the place of a learned one."""

import torch
from torch import Tensor, nn

from jepatlas.mixture.learning.networks import Standardize
from jepatlas.mixture.truth.mixture import Mixture


class ExactEnergy(nn.Module):
    """E = -log p, normaliser included, with the derivatives that `Energy` offers: what a method
    asks of its network it can ask of this one.

    With r_k the responsibilities of the components, s_k = -P_k (x - m_k) their scores and P_k their
    inverse covariances,

        dE/dx = -s = -sum_k r_k s_k,    Laplacian of E = |s|^2 + sum_k r_k (tr P_k - |s_k|^2).

    All is computed in float64. mixture: the one whose energy it is; standardize: of the learned
    energy, as methods take the moments of the training points from there.
    """

    log_scale: Tensor
    means: Tensor
    precisions: Tensor

    def __init__(self, mixture: Mixture, standardize: Standardize) -> None:
        super().__init__()
        self.standardize = standardize
        weights, means, covariances = (
            torch.tensor(part.copy(), device=standardize.mean.device)
            for part in (mixture.weights, mixture.means, mixture.covariances)
        )
        # Of w_k N(x; m_k, C_k): what stands before the exponential.
        log_scale = weights.log() - (2 * torch.pi * covariances).logdet() / 2
        self.register_buffer("log_scale", log_scale)
        self.register_buffer("means", means)
        self.register_buffer("precisions", torch.linalg.inv(covariances))

    def forward(self, x: Tensor) -> Tensor:
        """`[members, batch, d] -> [members, batch]`."""
        return -self._log_joint(x)[0].logsumexp(-1)

    def gradient(self, x: Tensor) -> Tensor:
        """dE/dx: `[members, batch, d] -> [members, batch, d]`."""
        return self.gradient_and_laplacian(x)[0]

    def gradient_and_laplacian(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """dE/dx `[members, batch, d]` and the Laplacian of E `[members, batch]`."""
        shares, scores = self._parts(x)
        gradient = -(shares[..., None] * scores).sum(-2)
        traces = self.precisions.diagonal(dim1=-2, dim2=-1).sum(-1)
        bends = (shares * (traces - scores.square().sum(-1))).sum(-1)
        return gradient, gradient.square().sum(-1) + bends

    def along(self, x: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """First and second derivative of t -> E(x + t v) at 0, `[members, batch]` each.

        x, v: `[members, batch, d]`.
        """
        shares, scores = self._parts(x)
        v = v.double()
        slopes = -(scores * v[..., None, :]).sum(-1)  # [members, batch, k], of the components' own
        bends = torch.einsum("mbi,kij,mbj->mbk", v, self.precisions, v)
        slope = (shares * slopes).sum(-1)
        return slope, slope.square() + (shares * (bends - slopes.square())).sum(-1)

    def _parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Responsibilities `[members, batch, k]` and scores `[members, batch, k, d]`."""
        log_joint, scores = self._log_joint(x)
        return log_joint.softmax(-1), scores

    def _log_joint(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The terms log w_k N(x; m_k, C_k), and the scores of each."""
        residuals = x.double()[..., None, :] - self.means  # [members, batch, k, d]
        scores = -torch.einsum("kij,mbkj->mbki", self.precisions, residuals)
        return self.log_scale + (residuals * scores).sum(-1) / 2, scores
