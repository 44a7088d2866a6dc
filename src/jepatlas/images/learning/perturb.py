"""Perturbations of images: affine, erosion, dilation, inversion, salt and pepper, Gaussian noise.

Everything works on a batch `[batch, 1, height, width]` with values in [0, 1]; every image has its
own draw. The numbers are those of the published experiment at strength 1; at strength 0 nothing is
changed, and in between amplitudes and probabilities grow in proportion.
"""

import math
from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

ROTATION, SHEAR = math.radians(30), math.radians(15)
SHIFT = 0.15  # of the side
SHRINK, ENLARGE = 0.25, 0.1
SALT_AND_PEPPER = 0.05  # of the pixels
GAUSSIAN = 0.3  # standard deviation
BITS = 62  # of an integer that can be shifted by one to both sides

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
    """The maximum over 3 x 3 pixels, first over three rows, then over three columns."""
    # Edges are repeated, which changes no maximum: 0 would, of the negative images of `erosion`.
    rows = F.pad(images, (0, 0, 1, 1), mode="replicate")
    found = torch.maximum(torch.maximum(rows[:, :, :-2], rows[:, :, 2:]), images)
    columns = F.pad(found, (1, 1, 0, 0), mode="replicate")
    return torch.maximum(torch.maximum(columns[..., :-2], columns[..., 2:]), found)


def erosion(images: Tensor, kind: Erosion = "grey") -> Tensor:
    """The minimum over 3 x 3 pixels (`grey`), or a skeleton one pixel wide (`thinning`)."""
    return -dilation(-images) if kind == "grey" else thinning(images)


def thinning(images: Tensor) -> Tensor:
    """The skeletons of the pixels above 1/2, as 0 and 1 (Guo and Hall, CACM 32, 1989).

    Two passes in turn take away border pixels until no image changes. A row of up to 62 pixels is
    one integer, so that each operation on bits is one on a whole row; longer ones are booleans.
    """
    width = images.shape[-1]
    # The outermost bits stay 0: what is outside.
    places = 2 ** torch.arange(1, width + 1, device=images.device) if width <= BITS else None
    rows = images[:, 0] > 0.5
    if places is not None:
        rows = (rows * places).sum(-1)
    while True:
        before = rows
        for opposite in (False, True):
            rows = rows & ~_removable(rows, opposite)
        if torch.equal(rows, before):
            break
    if places is not None:
        rows = (rows[..., None] & places) != 0
    return rows[:, None].to(images.dtype)


def _east(rows: Tensor) -> Tensor:
    """Each pixel's neighbour to the east, in its place. A column to the east is a bit to the
    left."""
    return F.pad(rows, (0, 1))[..., 1:] if rows.dtype == torch.bool else rows >> 1


def _west(rows: Tensor) -> Tensor:
    return F.pad(rows, (1, 0))[..., :-1] if rows.dtype == torch.bool else rows << 1


def _removable(rows: Tensor, opposite: bool) -> Tensor:
    """The pixels that one pass removes, like `rows`: bits of integers `[batch, height]`, or
    booleans `[batch, height, width]`."""
    padded = F.pad(rows, (0, 0) * (rows.ndim - 2) + (1, 1))
    n, s, e, w = padded[:, :-2], padded[:, 2:], _east(rows), _west(rows)
    ne, nw, se, sw = _east(n), _west(n), _east(s), _west(s)
    with_next = [ne | e, se | s, sw | w, nw | n]  # each corner with the side after it, clockwise
    with_last = [n | ne, e | se, s | sw, w | nw]  # and with the side before it
    # One connected component of neighbours: exactly one side is free before what is set.
    ends = [~side & after for side, after in zip((n, e, s, w), with_next, strict=True)]
    odd = ends[0] ^ ends[1] ^ ends[2] ^ ends[3]
    one = odd & ~((ends[0] & ends[1]) | (ends[2] & ends[3]))
    # Two or three neighbours, counted in the one or the other way, whichever gives fewer.
    (two_next, four_next), (two_last, four_last) = _two_or_more(with_next), _two_or_more(with_last)
    few = two_next & two_last & ~(four_next & four_last)
    kept = (s | sw | ~nw) & w if opposite else (n | ne | ~se) & e
    return one & few & ~kept


def _two_or_more(bits: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Where two or more, and where all, of four bits are set."""
    a, b, c, d = bits
    first, second = a & b, c & d
    return first | second | ((a | b) & (c | d)), first & second


def inversion(images: Tensor) -> Tensor:
    return 1 - images


def salt_and_pepper(images: Tensor, strength: float, generator: Generator) -> Tensor:
    """A share of the pixels becomes 1 or 0, half each.

    Grains are thrown onto all pixels of the batch, which takes far fewer draws than to ask each
    pixel. So many that a pixel is hit with the right probability, and that as much salt is left
    where the pepper, thrown last, covers some.
    """
    half = SALT_AND_PEPPER * strength / 2
    found = images.clone()
    for value, probability in ((1.0, half / (1 - half)), (0.0, half)):
        grains = round(-math.log1p(-probability) * images.numel())
        places = torch.randint(images.numel(), (grains,), generator=generator)
        found.view(-1).index_fill_(0, places.to(images.device), value)
    return found


def gaussian(images: Tensor, strength: float, generator: Generator) -> Tensor:
    """Gaussian noise is added; values beyond [0, 1] are cut off."""
    draws = torch.randn(images.shape, generator=generator).to(images.device)
    return draws.mul_(GAUSSIAN * strength).add_(images).clamp_(0, 1)


def perturb(
    images: Tensor,
    strength: float,
    generator: Generator,
    kind: Erosion = "grey",
    photometric: float = 1,
) -> Tensor:
    """All of them in turn: affine; erosion, dilation or neither; inversion or not; both noises.

    photometric: the share of `strength` that inversion and both noises have, which leave shapes
    alone.
    """
    changed = affine(images, strength, generator)
    morphology = torch.rand(len(images), generator=generator).to(images.device)
    eroded = (morphology < strength / 3).nonzero()[:, 0]
    dilated = (morphology > 1 - strength / 3).nonzero()[:, 0]
    changed[eroded] = erosion(changed[eroded], kind)
    changed[dilated] = dilation(changed[dilated])
    inverted = torch.rand(len(images), 1, 1, 1, generator=generator).to(images.device)
    strength *= photometric
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
