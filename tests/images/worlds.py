"""Small image worlds, and a method whose embedding is known."""

import numpy as np
import torch
from PIL import Image
from torch import nn

from jepatlas.common.learning.ensemble import Separate
from jepatlas.images.learning.machine import Machine
from jepatlas.images.learning.method import Base
from jepatlas.images.truth.world import Images

CPU = Machine(torch.device("cpu"), bfloat16=False)
DIGITS = tuple("0123456789")
SHARED = {
    "epochs": 2,
    "batch": 32,
    "learning_rate": 0.01,
    "schedule": "cosine",
    "warm_up": 0.05,
    "weight_decay": 0.01,
    "ensemble_size": 1,
    "channels": (4, 8),
    "convolutions": 1,
    "dim": 8,
    "strength": 0.8,
    "photometric": 1,
    "erosion": "thinning",
    "neighbours": 0,
}


class Coarse(Base):
    """An embedding that is known: the image in 4 x 4 blocks. Predictions are 1 larger."""

    def encoder(self, shape):
        layers = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(49, 49, bias=False))
        with torch.no_grad():
            layers[2].weight.copy_(torch.eye(49))
        return layers

    def networks(self, shape, draws):
        return nn.ModuleDict({"online": Separate(lambda: self.encoder(shape), draws)})

    def loss(self, networks, batch, draws):
        raise NotImplementedError

    def predict(self, networks, images):
        return self.embed(networks, images) + 1


def coarse_method(**changes):
    known = {"family": "prediction", "channels": (4,), "dim": 49, "strength": 1, "erosion": "grey"}
    return Coarse(**(SHARED | {"epochs": 3} | known | changes))


def bars(n, seed):
    """Each class is a bar at a height of its own, in noise: uint8 `[n, 28, 28]`, `[n]`."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n).astype(np.uint16) % 10
    images = rng.integers(60, size=(n, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 + 2 * label : 6 + 2 * label, 6:22] = 250
    return images, labels


def bar_world():
    return Images("digits", "bars", DIGITS, *bars(300, 0), *bars(150, 1))


def strokes(n, seed=0, shape=(28, 28)):
    """Vertical and horizontal strokes, and which they are: uint8 `[n, height, width]`, `[n]`.

    In noise, so that no two are alike: the nearest neighbour of a copy is a copy, and a test with
    copies would not see whether neighbours do anything.
    """
    rng = np.random.default_rng(seed)
    labels = rng.integers(2, size=n).astype(np.uint16)
    images = rng.integers(30, size=(n, *shape)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        side = shape[label]
        start = rng.integers(side // 3, side // 3 + 6)
        across = image if label == 0 else image.T
        across[start : start + 3, 4:-4] = 255
    return images, labels


STROKES = ("lying", "standing")


def stroke_world(n=240, shape=(28, 28)):
    return Images("own", "strokes", STROKES, *strokes(n, 0, shape), *strokes(60, 1, shape))


def write_strokes(folder, shape=(28, 28)):
    """Twenty PNGs of each class, numbered from 0, in a folder of its name."""
    images, labels = strokes(60, shape=shape)
    for label, name in enumerate(STROKES):
        (folder / name).mkdir(parents=True)
        for number, image in enumerate(images[labels == label][:20]):
            Image.fromarray(image).save(folder / name / f"{number}.png")
