"""Mixings: what they do to a point worked out by hand, and that their inverses undo it."""

import numpy as np
import pytest

from jepatlas.hidden_causes.truth import mixings
from jepatlas.hidden_causes.truth.mixings import NAMES, find


@pytest.mark.parametrize("name", NAMES)
def test_an_inverse_undoes_its_mixing(name):
    mixing = find(name, 2, 8)
    z = np.random.default_rng(0).standard_normal((5, 200, 2))
    np.testing.assert_allclose(mixing.unmix(mixing.mix(z)), z, atol=1e-12)
    assert np.abs(mixing.mix(z) - z).max() > 0.5


@pytest.mark.parametrize("dim", [2, 6, 64])
def test_coupling_layers_are_undone_in_any_even_dimension(dim):
    mixing = mixings.coupling(dim, 8)
    z = np.random.default_rng(1).standard_normal((100, dim))
    np.testing.assert_allclose(mixing.unmix(mixing.mix(z)), z, atol=1e-12)


def test_mixings_by_hand():
    # |z| = 1: half a turn. |z| = 1/2: a quarter.
    np.testing.assert_allclose(mixings.spiral(np.array([0.6, 0.8])), [-0.6, -0.8], atol=1e-12)
    np.testing.assert_allclose(mixings.spiral(np.array([0.5, 0.0])), [0, 0.5], atol=1e-12)
    np.testing.assert_allclose(mixings.banana(np.array([3.0, 1.0])), [3, 10])
    np.testing.assert_allclose(mixings.shear(np.array([1.0, np.pi / 3])), [2, np.pi / 3])


def test_a_coupling_layer_by_hand():
    (weight,) = mixings.coupling_weights(4, 1)
    np.testing.assert_allclose(weight @ weight.T, 4 * np.eye(2), atol=1e-5)
    z = np.array([0.1, -0.2, 0.3, 0.4])
    expected = np.concatenate([z[2:] + np.tanh(z[:2] @ weight), z[:2]])
    np.testing.assert_allclose(mixings.coupling(4, 1).mix(z), expected)
