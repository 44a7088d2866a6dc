"""Checks at the door of the objectives: the message carries the offending value."""

from torch import Tensor


def check_pair(first: Tensor, second: Tensor, least: int = 1) -> None:
    """Two stacks `[members, batch, dim]` of one shape, with at least `least` points."""
    if first.ndim != 3 or first.shape != second.shape:
        raise ValueError(
            f"two stacks of shape [members, batch, dim] are needed, "
            f"got {list(first.shape)} and {list(second.shape)}"
        )
    if first.shape[1] < least:
        raise ValueError(f"at least {least} points per batch are needed, got {first.shape[1]}")


def check_positive(name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{name} should be positive, is {value}")
