"""Ask trained networks about the test part; what they say comes as NumPy arrays."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from jepatlas.noisy_tv.learning.method import Base, Selecting, Variational
from jepatlas.noisy_tv.measuring.latents import Belief, Forecast
from jepatlas.noisy_tv.truth.system import Array


@torch.no_grad()
def forecast(
    method: Base, networks: nn.ModuleDict, x: Tensor, train: int, horizons: Sequence[int]
) -> Forecast:
    """x: windows `[members, n, frames * observation]`, scaled for the method; those that end in the
    first `train` steps are training."""
    frames, lead = method.length, method.lead
    learned, unseen = x[:, : train - frames + 1], x[:, train - frames + 1 :]
    states = networks["online"](learned)
    kept = method.kept(networks, states) if isinstance(method, Selecting) else None

    def read(z: Tensor) -> Array:
        return _array(z if kept is None else z @ kept)

    first = next(method.forecasts(networks, learned))
    test = {}
    for number, z in enumerate(method.forecasts(networks, unseen)):
        reached = range(lead + number * frames, lead + (number + 1) * frames)
        for horizon in {lead, *horizons} & set(reached):
            test[horizon] = read(z[:, : z.shape[1] - horizon])
        if max(horizons) in reached:
            break
    known = Forecast(lead, frames, read(first), dict(sorted(test.items())))
    if not isinstance(method, Variational):
        return known
    z, noise = networks["online"](unseen[:, :-1]), _array(method.drawn_variance(networks))
    basis = _array(method.kept(networks, states))

    def belief(mean: Tensor, root: Tensor) -> Belief:
        return Belief(read(mean), _covariance(_array(root), noise, basis))

    return replace(
        known,
        states=read(states),
        belief=belief(*method.predict(networks, z)),
        dynamics=belief(*method.dynamics(networks, z)) if method.prior_expert else None,
    )


def _covariance(root: Array, noise: Array, kept: Array) -> Array:
    """What p(z' | z) leaves open of the mean of q(z' | x'), in the basis that is kept.

    root: of the precision of p, `[members, n, n]`. Its covariance is that of draws from q, whose
    own variance, noise `[members, 1, n]`, says nothing about the world.
    """
    drawn = np.linalg.inv(root @ root.mT) - noise.mT * np.eye(noise.shape[-1])
    variances, directions = np.linalg.eigh(kept.mT @ drawn @ kept)
    found: Array = (directions * np.maximum(variances, 0)[:, None]) @ directions.mT
    return found


def _array(tensor: Tensor) -> Array:
    return tensor.cpu().double().numpy()
