"""A two-jointed arm, rendered: two latents, the angles of its joints, seen in 28 x 28 pixels."""

import numpy as np

from jepatlas.hidden_causes.truth.latents import Array

SIDE = 28
LENGTHS = (0.4, 0.35)  # of the limbs; the picture goes from -1 to 1
WIDTH = 0.12  # of a limb: the distance at which it is at exp(-1/2) of its brightness
REACH = 0.8  # radians for a latent of 1, so that an arm seldom goes past half a turn


def angles(z: Array) -> Array:
    """Those of the limbs against the horizontal, `[..., 2]`: the second joint turns with the
    first."""
    return REACH * np.stack([z[..., 0], z[..., 0] + z[..., 1]], axis=-1)


def render(z: Array) -> Array:
    """The picture of each arm, brightness in [0, 1]: `[..., 2] -> [..., SIDE * SIDE]`, by rows
    from below. A pixel is as bright as its nearest limb makes it."""
    turned = angles(z)
    along = np.stack([np.cos(turned), np.sin(turned)], axis=-1).astype(np.float32)  # [..., 2, 2]
    centres = (np.arange(SIDE, dtype=np.float32) + 0.5) * (2 / SIDE) - 1
    start = np.zeros_like(along[..., 0, :])
    nearest = np.full((*z.shape[:-1], SIDE, SIDE), np.inf, dtype=np.float32)
    for limb, length in enumerate(LENGTHS):
        unit = along[..., limb, :]
        # Of a pixel seen from the limb's start: how far along the limb, how far beside it.
        x, y = centres - start[..., :1], centres - start[..., 1:]  # [..., SIDE] each
        cos, sin = unit[..., 0, None, None], unit[..., 1, None, None]
        ahead = y[..., :, None] * sin + x[..., None, :] * cos
        beside = y[..., :, None] * cos - x[..., None, :] * sin
        over = ahead - np.clip(ahead, 0, length)
        np.minimum(nearest, over * over + beside * beside, out=nearest)
        start = start + length * unit
    return np.exp(nearest / (-2 * WIDTH**2)).reshape(*z.shape[:-1], SIDE * SIDE)
