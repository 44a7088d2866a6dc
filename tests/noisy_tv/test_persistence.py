"""The most persistent subspace of dynamics with known eigenvectors."""

import numpy as np
import pytest
import torch
from scipy.linalg import block_diag, subspace_angles

from jepatlas.noisy_tv.learning.persistence import persistent_subspace

TURN = np.random.default_rng(0).normal(size=(6, 6))


def rotation(radius: float, angle: float) -> np.ndarray:
    return radius * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize("angle", [0.1, 1.5, 3.0])
def test_planes_that_turn_are_kept_before_directions_that_fade(angle):
    """z' = z P has P V = V T for the columns of V; here V is known by construction."""
    blocks = block_diag(np.diag([0.9, 0.1]), rotation(0.95, angle), rotation(0.93, 0.4))
    dynamics = TURN @ blocks @ np.linalg.inv(TURN)
    found = persistent_subspace(torch.as_tensor(np.stack([dynamics, dynamics.T])), 4)
    assert found.shape == (2, 6, 4)
    np.testing.assert_allclose(found[0].mT @ found[0], np.eye(4), atol=1e-12)
    assert subspace_angles(found[0].numpy(), TURN[:, 2:]).max() < 1e-8
    for basis, matrix in zip(found.numpy(), (dynamics, dynamics.T), strict=True):
        moved = matrix @ basis
        np.testing.assert_allclose(basis @ (basis.T @ moved), moved, atol=1e-8)  # invariant
        moduli = np.abs(np.linalg.eigvals(basis.T @ moved))
        np.testing.assert_allclose(np.sort(moduli), [0.93, 0.93, 0.95, 0.95])


def test_a_pair_that_is_cut_in_two_leaves_the_number_that_was_asked_for():
    dynamics = torch.as_tensor(block_diag(rotation(0.5, 1.0), np.diag([0.9, 0.8])))[None]
    basis = persistent_subspace(dynamics, 3)[0].numpy()
    assert basis.shape == (4, 3)
    assert subspace_angles(basis, np.eye(4)[:, 2:]).max() < 1e-8  # the two real ones are in it


def test_all_of_it_is_all_of_it():
    dynamics = torch.randn(1, 3, 3, generator=torch.Generator().manual_seed(0))
    basis = persistent_subspace(dynamics, 3)
    assert basis.dtype == torch.float32
    torch.testing.assert_close(basis[0] @ basis[0].mT, torch.eye(3))
