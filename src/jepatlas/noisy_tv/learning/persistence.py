"""The part of a latent that forgets most slowly."""

import numpy as np
import torch
from torch import Tensor

from jepatlas.noisy_tv.learning.inputs import Inputs
from jepatlas.noisy_tv.truth.system import Array


def persistent_subspace(z: Tensor, lag: int, dim: int) -> Tensor:
    """K, a basis `[members, n, dim]` for which z K moves by itself, and most persistently.

    z: latents in their order, `[members, time, n]`. With P what moves a latent `lag` steps on,
    z[t + lag] = z[t] P + noise, K spans the invariant subspace of P (P K = K T) whose eigenvalues
    have the largest moduli. Where a pair of complex eigenvalues is cut in two, one of its
    directions is kept.

    From data, because a trained predictor may do anything to a latent of hardly any variance.
    """
    if z.shape[-1] == dim:
        return torch.eye(dim, dtype=z.dtype, device=z.device).expand(len(z), dim, dim)
    bases = [_persistent(one, lag, dim) for one in z.cpu().double().numpy()]
    return torch.as_tensor(np.stack(bases), dtype=z.dtype, device=z.device)


def _persistent(z: Array, lag: int, dim: int) -> Array:
    """K of one member, `[n, dim]`, orthonormal.

    A latent is the state and noise of its own. By a regression on such latents, a part with much
    noise forgets faster than it does; so P comes from instrumental variables (Söderström & Stoica
    2002, Circuits Syst. Signal Process. 21): P = E[past' now]^-1 E[past' later], where the past
    knows nothing of the noise. Only of what the past foretells is there such a P, and of the rest
    K is free: canonical correlations of at least twice what unrelated latents have by chance, up to
    2 sqrt(n / time).
    """
    whiten = Inputs.fit(z, "whitened")
    w = whiten(z)
    past, now, later = w[: -2 * lag], w[lag:-lag], w[2 * lag :]
    left, correlation, right = np.linalg.svd(past.T @ now / len(now))
    by_chance = 2 * np.sqrt(z.shape[1] / len(now))
    told = max(dim, int((correlation > 2 * by_chance).sum()))
    left, right = left[:, :told], right[:told].T
    moved = left.T @ (past.T @ later / len(now)) @ right
    leading = _leading(moved / np.maximum(correlation[:told, None], by_chance), dim)
    basis: Array = np.linalg.qr(whiten.matrix @ right @ leading)[0]
    return basis


def _leading(matrix: Array, dim: int) -> Array:
    """A basis of what the eigenvectors of the largest eigenvalues span, `[n, dim]`.

    Not by reordering a Schur form, which gives up where eigenvalues are about equal.
    """
    values, vectors = np.linalg.eig(matrix)
    order = np.argsort(-np.abs(values), kind="stable")[:dim]  # pairs come with the positive first
    return np.where(values[order].imag < 0, vectors[:, order].imag, vectors[:, order].real)
