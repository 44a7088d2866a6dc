"""The networks of the mixture track: encoders, and scalar energies with their derivatives."""

from collections.abc import Sequence
from typing import Literal, cast

import torch
from torch import Tensor, nn

from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import MLP, Linear

Inputs = Literal["standardised", "raw"]


class Standardize(nn.Module):
    """Shift and scale each coordinate to mean 0 and variance 1 over a member's training points."""

    mean: Tensor
    scale: Tensor

    def __init__(self, points: Tensor) -> None:
        """`points`: `[members, n, d]`."""
        super().__init__()
        self.register_buffer("mean", points.mean(1, keepdim=True))
        self.register_buffer("scale", points.std(1, keepdim=True))

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.scale


def encoder(
    points: Tensor, widths: Sequence[int], draws: Draws, inputs: Inputs = "standardised"
) -> nn.Module:
    """An ensemble of MLPs on standardised inputs, or on raw ones:
    `[members, batch, d] -> [..., widths[-1]]`."""
    first = Standardize(points) if inputs == "standardised" else nn.Identity()
    return nn.Sequential(first, MLP([points.shape[-1], *widths], draws))


class Energy(nn.Module):
    """A scalar energy E(x) = |u|^2 / 2 + MLP(u), with u the standardised x.

    The quadratic is -log of the Gaussian that has the data's moments, up to a constant; the
    network learns what the data has beyond it, and as tanh is bounded, E still confines far away.
    """

    def __init__(self, points: Tensor, hidden: Sequence[int], draws: Draws) -> None:
        super().__init__()
        self.standardize = Standardize(points)
        self.mlp = MLP([points.shape[-1], *hidden, 1], draws, torch.tanh)

    def forward(self, x: Tensor) -> Tensor:
        """`[members, batch, d] -> [members, batch]`."""
        u = self.standardize(x)
        return self.mlp(u)[..., 0] + u.square().sum(-1) / 2

    def gradient(self, x: Tensor) -> Tensor:
        """dE/dx: `[members, batch, d] -> [members, batch, d]`."""
        return self._derivatives(x, second=False)[0]

    def gradient_and_laplacian(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """dE/dx `[members, batch, d]` and the Laplacian of E `[members, batch]`."""
        return self._derivatives(x, second=True)

    def along(self, x: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
        """First and second derivative of t -> E(x + t v) at 0, `[members, batch]` each.

        x, v: `[members, batch, d]`. Carried forward as in `_derivatives`, for one direction.
        """
        h, first, second = self.standardize(x), v / self.standardize.scale, torch.zeros_like(v)
        slope = (h * first).sum(-1)
        curvature = first.square().sum(-1)
        *hidden, last = cast(list[Linear], list(self.mlp.layers))
        for layer in hidden:
            h = torch.tanh(layer(h))  # [members, batch, width]
            first, second = torch.bmm(first, layer.weight), torch.bmm(second, layer.weight)
            second = (1 - h * h) * (second - 2 * h * first.square())
            first = (1 - h * h) * first
        slope = slope + torch.bmm(first, last.weight)[..., 0]
        return slope, curvature + torch.bmm(second, last.weight)[..., 0]

    def _derivatives(self, x: Tensor, second: bool) -> tuple[Tensor, Tensor]:
        """Derivatives carried forward through the layers, the Laplacian only if `second`.

        So a loss of the score needs one backward pass, not one through a backward pass ("forward
        Laplacian", Li et al. 2023, arXiv 2307.08214). An affine map W takes a Jacobian J to W J and
        a Laplacian L to W L; for t = tanh(a), with slope t' = 1 - t^2 and bend t'' = -2 t t',

            J <- t' J,    L <- t' L + t'' sum_i J_i^2   (the sum is over the inputs i).
        """
        members, batch, d = x.shape
        scale = self.standardize.scale  # [members, 1, d]
        h = u = self.standardize(x)
        J = torch.diag_embed(1 / scale).expand(members, batch, d, d).transpose(1, 2)
        L = torch.zeros_like(x)
        *hidden, last = cast(list[Linear], list(self.mlp.layers))
        for layer in hidden:
            h = torch.tanh(layer(h))  # [members, batch, width]
            slope = 1 - h * h
            J = _times(J, layer.weight)  # [members, d, batch, width]
            if second:
                L = slope * (torch.bmm(L, layer.weight) - 2 * h * J.square().sum(1))
            J = slope[:, None] * J
        gradient = _times(J, last.weight)[..., 0].transpose(1, 2) + u / scale
        laplacian = torch.bmm(L, last.weight)[..., 0] if second else torch.zeros_like(u[..., 0])
        return gradient, laplacian + scale.pow(-2).sum(-1)


class PlainEnergy(nn.Module):
    """A scalar energy E(x) = MLP(x) with ReLUs, of the point as it is: that of the document.

    Each of its pieces is linear: it need not confine anything, and has no second derivatives to
    learn from. `standardize` has the moments of the training points for those who ask.
    """

    def __init__(self, points: Tensor, hidden: Sequence[int], draws: Draws) -> None:
        super().__init__()
        self.standardize = Standardize(points)
        self.mlp = MLP([points.shape[-1], *hidden, 1], draws)

    def forward(self, x: Tensor) -> Tensor:
        """`[members, batch, d] -> [members, batch]`."""
        return self.mlp(x)[..., 0]

    @torch.no_grad()
    def raise_by(self, constant: Tensor) -> None:
        """Add a constant of each member's own to E, `[members, 1, 1]`."""
        cast(nn.Parameter, self.mlp.layers[-1].bias).add_(constant)

    def gradient(self, x: Tensor) -> Tensor:
        """dE/dx: `[members, batch, d] -> [members, batch, d]`."""
        *hidden, last = cast(list[Linear], list(self.mlp.layers))
        h, open_ = x, []
        for layer in hidden:
            h = torch.relu(layer(h))
            open_.append(h > 0)
        slope = last.weight.transpose(1, 2)  # [members, 1, width]
        for layer, gate in zip(reversed(hidden), reversed(open_), strict=True):
            slope = torch.bmm(slope * gate, layer.weight.transpose(1, 2))
        return slope.expand_as(x)


def _times(J: Tensor, weight: Tensor) -> Tensor:
    """`[members, d, batch, in] @ [members, in, out]`, all d directions in one product."""
    members, d, batch, _ = J.shape
    return torch.bmm(J.reshape(members, d * batch, -1), weight).view(members, d, batch, -1)
