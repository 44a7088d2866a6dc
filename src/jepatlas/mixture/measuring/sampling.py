"""Langevin dynamics in a learned energy, all chains of all members at once."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from tqdm import tqdm

from jepatlas.common.learning.draws import Draws

Energy = Callable[[Tensor], Tensor]


class Samples(NamedTuple):
    """`path`: the chains at the recorded times, the last of them at the end,
    `[times, members, chains, d]`; `acceptance`: share of accepted moves, `[members]`."""

    path: Tensor
    acceptance: Tensor


@torch.no_grad()
def langevin(
    energy: Energy, start: Tensor, step: float, steps: int, draws: Draws, adjusted: bool, times: int
) -> Samples:
    """Move every chain `steps` times by x' = x - step dE/dx + sqrt(2 step) xi.

    Unadjusted, the chains settle near exp(-E), off by O(step). Adjusted, each move is accepted with
    the Metropolis-Hastings probability, which makes exp(-E) exact (Roberts & Tweedie 1996).

    energy: `[members, chains, d] -> [members, chains]`; start: `[members, chains, d]`;
    draws: the members' generators; times: how many states to record, evenly spaced from the start
    to the end.
    """
    x = start
    value, gradient = _value_and_gradient(energy, x)
    accepted = torch.zeros(len(x), device=x.device)
    wanted = torch.linspace(0, steps, max(times, 2)).round().int().tolist()
    recorded = [x] * wanted.count(0)
    for move in tqdm(range(1, steps + 1), "Langevin", unit="step", disable=None, leave=False):
        xi = draws.normal(*x.shape[1:])
        proposal = x - step * gradient + (2 * step) ** 0.5 * xi
        new_value, new_gradient = _value_and_gradient(energy, proposal)
        accept = torch.ones_like(value, dtype=torch.bool)  # [members, chains]
        if adjusted:
            log_ratio = value - new_value
            log_ratio += _log_proposal(x, proposal - step * new_gradient, step)
            log_ratio -= _log_proposal(proposal, x - step * gradient, step)
            accept = draws.uniform(x.shape[1]).log() < log_ratio
        x = torch.where(accept[..., None], proposal, x)
        value = torch.where(accept, new_value, value)
        gradient = torch.where(accept[..., None], new_gradient, gradient)
        accepted += accept.float().mean(1)
        recorded.extend([x] * wanted.count(move))
    return Samples(torch.stack(recorded), accepted / steps)


def _value_and_gradient(energy: Energy, x: Tensor) -> tuple[Tensor, Tensor]:
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        value = energy(x)
        (gradient,) = torch.autograd.grad(value.sum(), x)
    return value.detach(), gradient


def _log_proposal(to: Tensor, mean: Tensor, step: float) -> Tensor:
    """log density of proposing `to` around `mean`, up to a constant: `[members, chains]`."""
    return -(to - mean).square().sum(-1) / (4 * step)
