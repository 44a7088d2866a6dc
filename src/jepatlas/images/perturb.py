"""Perturbations of images: affine, erosion, dilation, inversion, salt and pepper, Gaussian noise.

Everything works on a batch `[batch, 1, height, width]` with values in [0, 1]; every image has its
own draw. The numbers are those of the published experiment at strength 1; at strength 0 nothing is
changed, and in between amplitudes and probabilities grow in proportion.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

ROTATION, SHEAR = math.radians(30), math.radians(15)
SHIFT = 0.15  # of the side
SHRINK, ENLARGE = 0.25, 0.1
SALT_AND_PEPPER = 0.05  # of the pixels
GAUSSIAN = 0.3  # standard deviation

Erosion = Literal["grey", "thinning"]


def affine(images: Tensor, strength: float, generator: Generator) -> Tensor:
    """Rotate, shear, scale and shift each image about its centre; bilinear, zeros outside."""
    batch, _, height, width = images.shape
    draws = torch.rand(5, batch, generator=generator).to(images.device) * 2 - 1
    rotation, shear = draws[0] * ROTATION * strength, draws[1] * SHEAR * strength
    low, high = -SHRINK * strength, ENLARGE * strength
    scale = 1 + (low + high) / 2 + draws[2] * (high - low) / 2
    shift = draws[3:5] * SHIFT * strength
    forward = linear_map(rotation, shear, scale)
    return warp(images, forward, torch.stack([shift[0] * width, shift[1] * height], 1))


def linear_map(rotation: Tensor, shear: Tensor, scale: Tensor) -> Tensor:
    """scale * R(rotation) * [[1, tan(shear)], [0, 1]], from (x, y) to (x, y): `[batch, 2, 2]`.

    Angles `[batch]` in radians; y points down, as rows do.
    """
    cos, sin = rotation.cos(), rotation.sin()
    first = torch.stack([cos, cos * shear.tan() - sin], 1)
    second = torch.stack([sin, sin * shear.tan() + cos], 1)
    return scale[:, None, None] * torch.stack([first, second], 1)


def warp(images: Tensor, forward: Tensor, shift: Tensor) -> Tensor:
    """Move what is at p, measured in pixels from the centre, to `forward` p + `shift`.

    `forward` `[batch, 2, 2]` and `shift` `[batch, 2]` act on (x, y). Bilinear interpolation; what
    comes from outside is 0.
    """
    height, width = images.shape[2:]
    half = images.new_tensor([(width - 1) / 2, (height - 1) / 2])  # a grid runs from -1 to 1
    backward = torch.linalg.inv(forward)
    linear = backward * half / half[:, None]
    offset = -(backward @ shift[:, :, None])[:, :, 0] / half
    theta = torch.cat([linear, offset[:, :, None]], 2)
    grid = F.affine_grid(theta, list(images.shape), align_corners=True)
    return F.grid_sample(images, grid, align_corners=True)


def dilation(images: Tensor) -> Tensor:
    """The maximum over 3 x 3 pixels; outside counts as nothing."""
    rows = F.max_pool2d(images, (3, 1), stride=1, padding=(1, 0))
    return F.max_pool2d(rows, (1, 3), stride=1, padding=(0, 1))


def erosion(images: Tensor, kind: Erosion = "grey") -> Tensor:
    """The minimum over 3 x 3 pixels (`grey`), or a skeleton one pixel wide (`thinning`)."""
    return -dilation(-images) if kind == "grey" else thinning(images)


def thinning(images: Tensor) -> Tensor:
    """The skeletons of the pixels above 1/2, as 0 and 1 (Guo and Hall, CACM 32, 1989).

    Two alternating passes take away the border pixels that a table of all 256 neighbourhoods names,
    until no image changes. Images that are done drop out of the work.
    """
    found = (images > 0.5).to(images.dtype)
    weights, tables = _neighbourhoods(images.device)
    active = torch.arange(len(images), device=images.device)
    while len(active):
        current = found[active]
        for table in tables:
            code = F.conv2d(current, weights.to(images.dtype), padding=1).int()
            current = current * (1 - table.to(images.dtype)[code])
        changed = (current != found[active]).flatten(1).any(1)
        found[active] = current
        active = active[changed]
    return found


@cache
def _neighbourhoods(device: torch.device) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """The kernel that writes the 8 neighbours as bits, and for both passes which of the 256
    neighbourhoods lose their centre."""
    kernel = torch.tensor([[128, 1, 2], [64, 0, 4], [32, 16, 8]])[None, None]
    bits = ((torch.arange(256)[:, None] >> torch.arange(8)) & 1).bool()
    north, north_east, east, south_east, south, south_west, west, north_west = bits.unbind(1)
    sides, corners = bits[:, ::2], bits[:, 1::2]  # from the north, clockwise
    next_sides = sides.roll(-1, 1)
    components = (~sides & (corners | next_sides)).sum(1)  # that removal would leave connected
    before, after = (sides | corners.roll(1, 1)).sum(1), (sides | corners).sum(1)
    neighbours = torch.minimum(before, after)
    removable = (components == 1) & (neighbours >= 2) & (neighbours <= 3)
    first = removable & ~((north | north_east | ~south_east) & east)
    second = removable & ~((south | south_west | ~north_west) & west)
    return kernel.to(device), (first.to(device), second.to(device))


def inversion(images: Tensor) -> Tensor:
    return 1 - images


def salt_and_pepper(images: Tensor, strength: float, generator: Generator) -> Tensor:
    """A share of the pixels becomes 1 or 0, half each."""
    draws = torch.rand(images.shape, generator=generator).to(images.device)
    share = SALT_AND_PEPPER * strength
    salted = torch.where(draws < share / 2, 1.0, images)
    return torch.where(draws > 1 - share / 2, 0.0, salted)


def gaussian(images: Tensor, strength: float, generator: Generator) -> Tensor:
    """Gaussian noise is added; values beyond [0, 1] are cut off."""
    draws = torch.randn(images.shape, generator=generator).to(images.device)
    return (images + draws * GAUSSIAN * strength).clamp(0, 1)


def perturb(
    images: Tensor, strength: float, generator: Generator, kind: Erosion = "grey"
) -> Tensor:
    """All of them in turn: affine; erosion, dilation or neither; inversion or not; both noises."""
    changed = affine(images, strength, generator)
    morphology = torch.rand(len(images), generator=generator).to(images.device)
    eroded = (morphology < strength / 3).nonzero()[:, 0]
    dilated = (morphology > 1 - strength / 3).nonzero()[:, 0]
    changed[eroded] = erosion(changed[eroded], kind)
    changed[dilated] = dilation(changed[dilated])
    inverted = torch.rand(len(images), 1, 1, 1, generator=generator).to(images.device)
    changed = torch.where(inverted < strength / 2, inversion(changed), changed)
    return gaussian(salt_and_pepper(changed, strength, generator), strength, generator)


def alone(kind: Erosion) -> dict[str, Callable[[Tensor, Generator], Tensor]]:
    """Each perturbation by itself at full strength, on every image, and `all` in turn."""
    return {
        "affine": lambda images, generator: affine(images, 1, generator),
        "erosion": lambda images, generator: erosion(images, kind),
        "dilation": lambda images, generator: dilation(images),
        "inversion": lambda images, generator: inversion(images),
        "salt_and_pepper": lambda images, generator: salt_and_pepper(images, 1, generator),
        "gaussian": lambda images, generator: gaussian(images, 1, generator),
        "all": lambda images, generator: perturb(images, 1, generator, kind),
    }
