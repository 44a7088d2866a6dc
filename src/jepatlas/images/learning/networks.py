"""The networks of the image track, small enough for two cores."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

DECODED = 64  # channels of the small grid that an image is decoded from


class Encoder(nn.Module):
    """Blocks of 3 x 3 convolutions with batch normalisation, each halving the side; then an affine
    map.

    shape: height and width of an image; channels: of each block; convolutions: in each block but
    the first, which has one; dim: of the embedding, which is normalised. The first block halves the
    side by its stride, the others by a maximum at their end, which is where the accuracy comes
    from. The last grid is flattened: where a stroke is tells digits apart.
    """

    def __init__(
        self, shape: tuple[int, int], channels: Sequence[int], convolutions: int, dim: int
    ) -> None:
        super().__init__()
        layers = _convolution(1, channels[0], stride=2)
        for inputs, outputs in itertools.pairwise(channels):
            layers += _convolution(inputs, outputs)
            for _ in range(convolutions - 1):
                layers += _convolution(outputs, outputs)
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        height, width = (math.ceil(side / 2 ** len(channels)) for side in shape)
        affine = nn.Linear(channels[-1] * height * width, dim)
        self.layers = nn.Sequential(*layers, nn.Flatten(), affine, nn.LayerNorm(dim))
        _channels_last(self)

    def forward(self, images: Tensor) -> Tensor:
        """`[batch, 1, height, width]`, values in [0, 1] `-> [batch, dim]`."""
        return self.layers(images.contiguous(memory_format=torch.channels_last))


def _convolution(inputs: int, outputs: int, stride: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.SiLU()]


def _channels_last(network: nn.Module) -> None:
    to: Any = network.to  # its memory formats are not typed
    to(memory_format=torch.channels_last)


def mlp(widths: Sequence[int]) -> nn.Sequential:
    """Affine maps with batch normalisation and SiLU between them, none at the end."""
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(widths[:-1]):
        layers += [nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.SiLU()]
    return nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))


class Decoder(nn.Module):
    """An affine map to a grid of a quarter of the side with 64 channels, then two transposed
    convolutions of stride 2, as published for 28 x 28; what is beyond the image is cut off."""

    def __init__(self, shape: tuple[int, int], dim: int) -> None:
        super().__init__()
        self.shape = shape
        height, width = (math.ceil(side / 4) for side in shape)
        self.layers = nn.Sequential(
            nn.Linear(dim, DECODED * height * width),
            nn.SiLU(),
            nn.Unflatten(1, (DECODED, height, width)),
            nn.ConvTranspose2d(DECODED, 32, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1),
            nn.Sigmoid(),
        )
        _channels_last(self)

    def forward(self, embeddings: Tensor) -> Tensor:
        """`[batch, dim] -> [batch, 1, height, width]`, values in [0, 1]."""
        height, width = self.shape
        return self.layers(embeddings)[..., :height, :width]
