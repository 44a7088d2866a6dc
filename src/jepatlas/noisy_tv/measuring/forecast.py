"""Ask trained networks about the test part; what they say comes as NumPy arrays."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from jepatlas.noisy_tv.learning.method import Base, Variational
from jepatlas.noisy_tv.measuring.latents import Belief, Forecast
from jepatlas.noisy_tv.truth.system import Array


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
