"""Members of an ensemble share nothing."""

from collections.abc import Callable

import numpy as np
from torch import Tensor


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
