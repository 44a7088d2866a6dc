"""The part of a latent that forgets most slowly."""

import numpy as np
import torch
from scipy.linalg import schur
from torch import Tensor

from jepatlas.noisy_tv.truth.system import Array


def persistent_subspace(z: Tensor, lag: int, dim: int) -> Tensor:
    """K, a basis `[members, n, dim]` for which z K moves by itself, and most persistently.

    z: latents in their order, `[members, time, n]`. With P the least-squares prediction z P of the
    latent `lag` steps later, P K = K T, where T is the leading block of P's real Schur form, the
    eigenvalues of largest modulus first (Golub & Van Loan, Matrix Computations, 7.6). Where a pair
    of complex eigenvalues is cut in two, one of its directions is kept.

    Regression, because a trained predictor may do anything to a latent of hardly any variance.
    """
    if z.shape[-1] == dim:
        return torch.eye(dim, dtype=z.dtype, device=z.device).expand(len(z), dim, dim)
    bases = [_leading(_prediction(one, lag), dim) for one in z.cpu().double().numpy()]
    return torch.as_tensor(np.stack(bases), dtype=z.dtype, device=z.device)


def _prediction(z: Array, lag: int) -> Array:
    """P, `[n, n]`."""
    centred = z - z.mean(0)
    past, future = centred[:-lag], centred[lag:]
    found: Array = np.linalg.pinv(past.T @ past, hermitian=True) @ (past.T @ future)
    return found


def _leading(matrix: Array, dim: int) -> Array:
    moduli = np.sort(np.abs(np.linalg.eigvals(matrix)))[::-1]
    least = (moduli[dim - 1] + moduli[dim]) / 2
    _, vectors, _ = schur(matrix, sort=lambda re, im=0.0: np.hypot(re, im) > least)
    return np.asarray(vectors[:, :dim])
