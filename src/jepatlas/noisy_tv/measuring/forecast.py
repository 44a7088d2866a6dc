"""What trained networks say about the test part, as NumPy arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from jepatlas.noisy_tv.learning.method import Base, Variational
from jepatlas.noisy_tv.truth.system import Array


@dataclass(frozen=True)
class Belief:
    """Gaussians over the next latent from the test steps that have a next one.

    mean `[members, test - 1, dim]`, covariance `[members, dim, dim]`.
    """

    mean: Array
    covariance: Array


@dataclass(frozen=True)
class Forecast:
    """Latents that s is read from, `lead` steps ahead of the newest frame.

    train: `[members, n, dim]`, for the last n states of the training part; test: by horizon,
    `[members, test - horizon, dim]`, for the last states of the test part.

    Of variational methods also: `states`, the posterior means of the last training frames
    `[members, n, dim]`, and what is believed; where that is a product with a prior expert, also
    what the dynamics alone would have believed.
    """

    lead: int
    train: Array
    test: dict[int, Array]
    states: Array | None = None
    belief: Belief | None = None
    dynamics: Belief | None = None


@torch.no_grad()
def forecast(
    method: Base, networks: nn.ModuleDict, x: Tensor, train: int, horizons: Sequence[int]
) -> Forecast:
    """x: `[members, time, observation]`, scaled for the method; `train` steps are training."""
    frames, time = method.context, x.shape[1]
    steps = time - frames + 1
    contexts = torch.cat([x[:, k : k + steps] for k in range(frames)], dim=-1)
    learned, unseen = contexts[:, : steps - (time - train)], contexts[:, -(time - train) :]
    lead = method.lead
    first = next(method.forecasts(networks, learned))
    test = {}
    for horizon, z in enumerate(method.forecasts(networks, unseen), start=lead):
        if horizon in horizons or horizon == lead:
            test[horizon] = _array(z[:, : z.shape[1] - horizon])
        if horizon >= max(horizons):
            break
    known = Forecast(lead, _array(first[:, : first.shape[1] - lead]), test)
    if not isinstance(method, Variational):
        return known
    z = networks["online"](unseen[:, :-1])
    return Forecast(
        known.lead,
        known.train,
        known.test,
        states=_array(networks["online"](learned)),
        belief=_belief(*method.predict(networks, z)),
        dynamics=_belief(*method.dynamics(networks, z)) if method.prior_expert else None,
    )


def _belief(mean: Tensor, root: Tensor) -> Belief:
    covariance: Array = np.asarray(np.linalg.inv(_array(root @ root.mT)), dtype=np.float64)
    return Belief(_array(mean), covariance)


def _array(tensor: Tensor) -> Array:
    return tensor.cpu().double().numpy()
