"""Densities learned by telling data from noise of a known density.

Both losses are smallest where E = -log p exactly, normaliser included: the noise stands for it.
"""

import torch
from torch import Tensor
from torch.nn.functional import softplus

from jepatlas.objectives.checks import check_pair


def logistic(energy: Tensor, log_noise: Tensor, other: Tensor, other_log_noise: Tensor) -> Tensor:
    """Noise-contrastive estimation (Gutmann & Hyvarinen 2010, AISTATS), as many points of noise
    as of data: the cross-entropy of telling one from the other by the log ratio
    G(x) = -E(x) - log q(x),

        L = mean over data of log(1 + exp(-G)) + mean over noise of log(1 + exp(G)).

    energy, log_noise: E and log q at points of the data, `[members, batch]`; other,
    other_log_noise: at points drawn from q. Returns `[members]`, in nats.
    Raises ValueError on shapes that differ.
    """
    _check(energy, log_noise, other, other_log_noise)
    data = softplus(energy + log_noise).mean(-1)
    return data + softplus(-other - other_log_noise).mean(-1)


def exponential(
    energy: Tensor, log_noise: Tensor, other: Tensor, other_log_noise: Tensor
) -> Tensor:
    """Maximum likelihood with the normaliser by importance sampling (Pihlaja et al. 2010, UAI,
    arXiv 1203.3506): L = mean over data of E + mean over noise of exp(-E - log q).

    With uniform noise it is the document's E_data[E] + E_uniform[exp(-E)], whose optimum is
    -log p + log q: another constant, which E has here already.

    Arguments and result as above.
    """
    _check(energy, log_noise, other, other_log_noise)
    return energy.mean(-1) + torch.exp(-other - other_log_noise).mean(-1)


def _check(energy: Tensor, *others: Tensor) -> None:
    for other in others:
        check_pair(energy[..., None], other[..., None])
