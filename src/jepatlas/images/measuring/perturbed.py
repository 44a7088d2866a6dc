"""The test images under each perturbation, the same for every method with the same erosion."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor

from jepatlas.common.base.random import torch_seed
from jepatlas.images.learning.perturb import Erosion, alone

Array = npt.NDArray[Any]

SHOWN = 100  # test images that pictures and pages show, as many of each class


def perturbed(images: Array, erosion: Erosion, seed: int) -> dict[str, Array]:
    """The images under each perturbation alone and under all: uint8 `[n, height, width]` each."""
    clean = torch.tensor(images)[:, None].float() / 255
    versions = {}
    for kind, change in alone(erosion).items():
        draws = Generator().manual_seed(torch_seed(seed, "test", kind))
        versions[kind] = pixels(change(clean, draws)[:, 0])
    return versions


def pixels(images: Tensor | Array) -> Array:
    """Values in [0, 1] as bytes."""
    return np.asarray(np.rint(np.asarray(images) * 255), dtype=np.uint8)


def chosen(labels: Array, classes: int) -> Array:
    """The first test images of each class, in the order of the classes."""
    each = max(1, SHOWN // classes)
    return np.concatenate([np.flatnonzero(labels == k)[:each] for k in range(classes)])
