"""The most persistent subspace of dynamics with known eigenvectors."""

import numpy as np
import pytest
import torch
from scipy.linalg import block_diag, subspace_angles

from jepatlas.noisy_tv.learning.persistence import persistent_subspace

TURN = np.random.default_rng(0).normal(size=(6, 6))


def rotation(radius: float, angle: float) -> np.ndarray:
    return radius * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def run(matrix: np.ndarray, noise: float, time: int = 4000) -> torch.Tensor:
    """z' = z P + noise, `[1, time, n]`."""
    rng, z = np.random.default_rng(1), np.ones((time, len(matrix)))
    for t in range(1, time):
        z[t] = z[t - 1] @ matrix + noise * rng.normal(size=len(matrix))
    return torch.as_tensor(z)[None]


def explained(kept: torch.Tensor, expected: np.ndarray) -> float:
    """The least share of a column's variance that is linear in what is kept."""
    residual = expected - kept.numpy() @ np.linalg.lstsq(kept.numpy(), expected, rcond=None)[0]
    return float((1 - residual.var(0) / expected.var(0)).min())


@pytest.mark.parametrize("lag", [1, 2])
@pytest.mark.parametrize("angle", [0.1, 1.5, 3.0])
def test_planes_that_turn_are_kept_before_directions_that_fade(angle, lag):
    """z' = z P has P V = V T for the columns of V; here V is known by construction. What is kept
    may hold what is not foretold, but what is foretold of it are these directions."""
    blocks = block_diag(np.diag([0.7, 0.1]), rotation(0.95, angle), rotation(0.93, 0.4))
    dynamics = TURN @ blocks @ np.linalg.inv(TURN)
    z = run(dynamics, noise=1.0)
    turned = z @ torch.as_tensor(TURN)
    for latents, moves, directions in (
        (z, dynamics, TURN[:, 2:]),
        (turned, blocks, np.eye(6)[:, 2:]),
    ):
        basis = persistent_subspace(latents, lag, 4)
        assert basis.shape == (1, 6, 4)
        foretold = latents[0] @ torch.as_tensor(np.linalg.matrix_power(moves, lag)) @ basis[0]
        # All but what 4,000 steps leave open.
        assert explained(foretold, latents[0].numpy() @ directions) > 0.98


def test_without_noise_the_subspace_is_exact():
    blocks = block_diag(np.diag([0.999, 0.9]), rotation(1.0, 0.7), rotation(0.99, 0.4))
    dynamics = TURN @ blocks @ np.linalg.inv(TURN)
    basis = persistent_subspace(run(dynamics, noise=0.0, time=300), 1, 3)[0].numpy()
    assert subspace_angles(basis, TURN[:, [0, 2, 3]]).max() < 1e-3
    moved = dynamics @ basis
    np.testing.assert_allclose(basis @ (basis.T @ moved), moved, atol=1e-3)


def test_a_latent_of_hardly_any_variance_is_not_kept_for_that():
    z = torch.randn(1, 2000, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    z[..., :2] = run(rotation(0.9, 0.5), noise=1.0, time=2000)
    z = z * torch.tensor([1.0, 1.0, 1e-4])
    basis = persistent_subspace(z, 1, 2)[0]
    assert explained(z[0] @ basis, z[0, :, :2].numpy()) > 0.99


def test_noise_on_a_part_does_not_pass_for_forgetting():
    """With three parts of noise to four of signal, a regression sees a plane of modulus 0.95 keep
    0.54 of itself a step, and takes what forgets at 0.8 in its place."""
    z = run(block_diag(rotation(0.95, 0.3), 0.8 * np.eye(2)), noise=1.0)
    plane = z[0, :, :2].clone()
    noise = torch.randn(plane.shape, generator=torch.Generator().manual_seed(0), dtype=z.dtype)
    z[0, :, :2] += 0.75**0.5 * plane.std(0) * noise
    turn = torch.as_tensor(TURN[:4, :4])
    kept = z[0] @ turn @ persistent_subspace(z @ turn, 1, 2)[0]
    assert explained(z[0, :, :2], kept.numpy()) > 0.99


def test_where_less_is_foretold_than_is_kept_there_is_a_basis():
    z = torch.randn(1, 300, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    turn = torch.as_tensor(TURN[:2, :4])
    basis = persistent_subspace(z @ turn, 1, 3)[0].numpy()  # of rank 2
    np.testing.assert_allclose(basis.T @ basis, np.eye(3), atol=1e-12)


def test_equal_moduli_are_no_obstacle():
    """Where the distractor is as slow as the signal, either may be kept, but something is."""
    blocks = block_diag(rotation(0.9, 0.3), rotation(0.9, 1.2), np.diag([0.9, 0.9 + 1e-13]))
    for seed in range(20):
        turn = np.random.default_rng(seed).normal(size=(6, 6))
        z = run(turn @ blocks @ np.linalg.inv(turn), noise=1.0, time=500)
        basis = persistent_subspace(z, 1, 4)[0].numpy()
        np.testing.assert_allclose(basis.T @ basis, np.eye(4), atol=1e-12)


def test_a_pair_that_is_cut_in_two_leaves_the_number_that_was_asked_for():
    matrix = block_diag(rotation(0.5, 1.0), np.diag([0.9, 0.8]))
    basis = persistent_subspace(run(matrix, noise=1.0), 1, 3)[0].numpy()
    assert basis.shape == (4, 3)
    np.testing.assert_allclose(basis.T @ basis, np.eye(3), atol=1e-12)


def test_all_of_it_is_all_of_it():
    z = torch.randn(2, 50, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(persistent_subspace(z, 1, 3), torch.eye(3).expand(2, 3, 3))
