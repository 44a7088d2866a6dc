"""The part of linear latent dynamics that forgets most slowly."""

import numpy as np
import torch
from scipy.linalg import schur
from torch import Tensor


def persistent_subspace(dynamics: Tensor, dim: int) -> Tensor:
    """K, an orthonormal basis `[members, n, dim]` for which z K moves by itself under z' = z P, and
    of what does so has the eigenvalues of largest modulus.

    dynamics: P, `[members, n, n]`. P K = K T, with T the leading block of P's real Schur form in
    the order of these moduli (Golub & Van Loan, Matrix Computations, 7.6). Where a pair of complex
    eigenvalues is cut in two, one of its directions is kept.
    """
    bases = [_leading(one, dim) for one in dynamics.cpu().double().numpy()]
    return torch.as_tensor(np.stack(bases), dtype=dynamics.dtype, device=dynamics.device)


def _leading(matrix: np.ndarray, dim: int) -> np.ndarray:
    moduli = np.sort(np.abs(np.linalg.eigvals(matrix)))[::-1]
    least = (moduli[dim - 1] + moduli[dim]) / 2 if dim < len(moduli) else -1.0
    _, vectors, _ = schur(matrix, sort=lambda re, im=0.0: np.hypot(re, im) > least)
    return np.asarray(vectors[:, :dim])
