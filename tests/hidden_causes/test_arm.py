"""The rendered arm against a renderer that goes pixel by pixel, point by point of each limb."""

import numpy as np

from jepatlas.hidden_causes.truth import arm


def slowly(z):
    """One arm, from the joints' places and many points on each limb."""
    first = arm.REACH * z[0]
    second = first + arm.REACH * z[1]
    elbow = arm.LENGTHS[0] * np.array([np.cos(first), np.sin(first)])
    hand = elbow + arm.LENGTHS[1] * np.array([np.cos(second), np.sin(second)])
    share = np.linspace(0, 1, 401)[:, None]
    limbs = np.concatenate([share * elbow, elbow + share * (hand - elbow)])
    picture = np.empty((arm.SIDE, arm.SIDE))
    for row in range(arm.SIDE):
        for column in range(arm.SIDE):
            pixel = (np.array([column, row]) + 0.5) / arm.SIDE * 2 - 1
            nearest = np.linalg.norm(limbs - pixel, axis=1).min()
            picture[row, column] = np.exp(-(nearest**2) / (2 * arm.WIDTH**2))
    return picture.ravel()


def test_pictures_are_those_of_a_renderer_by_hand():
    z = np.random.default_rng(0).standard_normal((2, 1, 2)).astype(np.float32)
    found = arm.render(z)
    assert found.shape == (2, 1, arm.SIDE**2)
    assert found.dtype == np.float32
    for place in np.ndindex(2, 1):
        np.testing.assert_allclose(found[place], slowly(z[place]), atol=2e-4)


def test_an_arm_stays_in_the_picture():
    z = np.random.default_rng(1).standard_normal((500, 2))
    pictures = arm.render(z).reshape(-1, arm.SIDE, arm.SIDE)
    edge = np.concatenate([pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1]])
    assert edge.max() < 0.5
    assert pictures.max() <= 1
