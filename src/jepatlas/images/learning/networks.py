"""The networks of the image track, small enough for two cores."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from jepatlas.common.base.random import torch_seed
from jepatlas.images.truth.world import SIDE

DECODED = 64  # channels of the 7 x 7 grid that an image is decoded from


class Encoder(nn.Module):
    """Stages of 3 x 3 convolutions with batch normalisation, each halving the side; then an affine
    map.

    channels: of each stage; convolutions: in each stage but the first, which has one; dim: of the
    embedding, which is normalised. The first stage halves the side by its stride, the others by a
    maximum at their end, which is where the accuracy comes from. The last grid is flattened: where
    a stroke is tells digits apart.
    """

    def __init__(self, channels: Sequence[int], convolutions: int, dim: int) -> None:
        super().__init__()
        layers = _convolution(1, channels[0], stride=2)
        for inputs, outputs in itertools.pairwise(channels):
            layers += _convolution(inputs, outputs)
            for _ in range(convolutions - 1):
                layers += _convolution(outputs, outputs)
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        side = math.ceil(SIDE / 2 ** len(channels))
        affine = nn.Linear(channels[-1] * side**2, dim)
        self.layers = nn.Sequential(*layers, nn.Flatten(), affine, nn.LayerNorm(dim))

    def forward(self, images: Tensor) -> Tensor:
        """`[batch, 1, 28, 28]`, values in [0, 1] `-> [batch, dim]`."""
        return self.layers(images.contiguous(memory_format=torch.channels_last))


def _convolution(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.SiLU()]


def mlp(widths: Sequence[int]) -> nn.Sequential:
    """Affine maps with batch normalisation and SiLU between them, none at the end."""
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths[:-1]):
        layers += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.SiLU()]
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))


class Decoder(nn.Module):
    """An affine map to 64 x 7 x 7, then two transposed convolutions of stride 2: as published."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(dim, DECODED * 7 * 7),
            nn.SiLU(),
            nn.Unflatten(1, (DECODED, 7, 7)),
            nn.ConvTranspose2d(DECODED, 32, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, embeddings: Tensor) -> Tensor:
        """`[batch, dim] -> [batch, 1, 28, 28]`, values in [0, 1]."""
        return self.layers(embeddings)


def seeded(
    build: Callable[[], nn.ModuleDict], seed: int, purpose: str, device: torch.device
) -> nn.ModuleDict:
    """The networks that `build` makes, with weights from a generator of their own.

    torch's modules draw from the global generator, which is put back as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch_seed(seed, purpose))
        networks = build()
    to: Any = networks.to(device).to  # its memory formats are not typed
    return to(memory_format=torch.channels_last)
