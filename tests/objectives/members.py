"""Members of an ensemble share nothing, and each has the loss that it has by itself."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def assert_views_have_the_loss(
    loss: Callable[..., Tensor],
    of_one: Callable[..., float],
    shape: tuple[int, int, int, int],
    trade_off: float,
    rtol: float,
) -> None:
    """loss: of views z, z' `[members, batch, dim]`, directions `[members, dim, slices]` and the
    trade-off; of_one: of one member's. shape: members, batch, dim, slices."""
    members, batch, dim, slices = shape
    z, z_prime = normal(members, batch, dim), 1 + 2 * normal(members, batch, dim, seed=1)
    directions = 3 * normal(members, dim, slices, seed=2)
    expected = [of_one(*arrays, trade_off) for arrays in zip(z, z_prime, directions, strict=True)]
    found = loss(*map(torch.tensor, (z, z_prime, directions)), trade_off)
    np.testing.assert_allclose(found, expected, rtol=rtol)


def assert_members_do_not_mix(
    loss: Callable[[Tensor, slice], Tensor], z: Tensor, rtol: float, atol: float
) -> None:
    """Of three members, the second has the same loss and gradient among the others as alone.

    loss: of z `[members, ...]`, with the slice of the members that z holds.
    """
    z.requires_grad_()
    losses = loss(z, slice(None))
    losses[1].backward()
    alone = z.detach()[1:2].requires_grad_()
    single = loss(alone, slice(1, 2))
    single.sum().backward()
    np.testing.assert_allclose(losses[1].item(), single.item(), rtol=1e-12)
    np.testing.assert_allclose(z.grad[1], alone.grad[0], rtol=rtol, atol=atol)
    assert not z.grad[[0, 2]].any()
