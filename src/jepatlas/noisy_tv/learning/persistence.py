"""The part of a latent that forgets most slowly."""

import numpy as np
import torch
from torch import Tensor

from jepatlas.noisy_tv.truth.system import Array


def persistent_subspace(z: Tensor, lag: int, dim: int) -> Tensor:
    """K, a basis `[members, n, dim]` for which z K moves by itself, and most persistently.

    z: latents in their order, `[members, time, n]`. With P the least-squares prediction z P of the
    latent `lag` steps later, K spans the invariant subspace of P (P K = K T) whose eigenvalues have
    the largest moduli. Where a pair of complex eigenvalues is cut in two, one of its directions is
    kept.

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
    """An orthonormal basis of what the eigenvectors of the largest eigenvalues span, `[n, dim]`.

    Not by reordering a Schur form, which gives up where eigenvalues are about equal.
    """
    values, vectors = np.linalg.eig(matrix)
    order = np.argsort(-np.abs(values), kind="stable")[:dim]  # pairs come with the positive first
    real = np.where(values[order].imag < 0, vectors[:, order].imag, vectors[:, order].real)
    basis: Array = np.linalg.qr(real)[0]
    return basis
