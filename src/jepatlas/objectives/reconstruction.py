"""Objectives that decode: squared error against an observation."""

from torch import Tensor

from jepatlas.objectives.checks import check_pair


def squared_error(target: Tensor, decoded: Tensor) -> Tensor:
    """mean over points and dimensions of (x - decoded)^2.

    target, decoded: `[members, batch, dim]`. Returns `[members]`.
    Raises ValueError on shapes that differ.
    """
    check_pair(target, decoded)
    return (target - decoded).square().mean((1, 2))
