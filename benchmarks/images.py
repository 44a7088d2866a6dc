"""Perturbation in batches against a loop over images; training against the published recipe.

The loop does what `perturb` does with SciPy and scikit-image, one image after the other, as data
loaders do. The published recipe has a wider encoder with average pooling, batches of 32 and float32
arithmetic; its images are perturbed one by one or, for the cost of the network alone, in batches.
"""

import copy
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from scipy import ndimage
from skimage import morphology
from torch import Generator, Tensor, nn
from torch.nn.functional import cosine_similarity

from jepatlas.common.base.parameters import section
from jepatlas.common.learning.draws import Draws
from jepatlas.images.learning import perturb
from jepatlas.images.learning.machine import Machine
from jepatlas.images.learning.method import Pairs, load
from jepatlas.images.truth.datasets import load as load_images
from jepatlas.images.truth.parameters import Data

Array = npt.NDArray[Any]

MNIST = 60_000  # images in a published epoch
STEPS = 40
BATCH = 1024  # images that are perturbed at once
REPEATS = 5


def main() -> None:
    data = section("images.data", Data).model_copy(update={"set": "digits"})
    pixels = load_images(data).train[:BATCH]
    images = torch.from_numpy(pixels)[:, None].float() / 255
    print(f"Perturbing {len(images)} images, in a batch and one by one.\n")
    print(_perturbing(images).to_string(float_format="{:.3g}".format))
    print("\nTraining of JEPA on images.\n")
    print(training(images).to_string(float_format="{:.3g}".format))


def _perturbing(images: Tensor) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = {}
    for kind in ("grey", "thinning"):
        in_batches = perturb.alone(kind)
        for name, one in _loops(rng, kind).items():
            label = f"{name} ({kind})" if name in ("erosion", "all") else name
            batch = _best(lambda: in_batches[name](images, Generator()))  # noqa: B023
            loop = _best(lambda: [one(image) for image in images[:, 0].numpy()], 1)  # noqa: B023
            rows[label] = {
                "batch [us per image]": 1e6 * batch / len(images),
                "loop [us per image]": 1e6 * loop / len(images),
                "speed-up": loop / batch,
            }
    return pd.DataFrame(rows).T


def _loops(rng: np.random.Generator, kind: perturb.Erosion) -> dict[str, Callable[[Array], Array]]:
    """Each perturbation of one image `[height, width]` by SciPy and scikit-image."""
    square = np.ones((3, 3))

    def affine(image: Array) -> Array:
        angles = rng.uniform(-1, 1, 2) * [perturb.ROTATION, perturb.SHEAR]
        scale = rng.uniform(1 - perturb.SHRINK, 1 + perturb.ENLARGE)
        cos, sin = np.cos(angles[0]), np.sin(angles[0])
        turned = np.array([[cos, -sin], [sin, cos]]) @ [[1, np.tan(angles[1])], [0, 1]]
        backward = np.linalg.inv(scale * turned)[::-1, ::-1]
        centre = (np.array(image.shape) - 1) / 2
        shift = rng.uniform(-perturb.SHIFT, perturb.SHIFT, 2) * image.shape
        offset = centre - backward @ (centre + shift)
        return ndimage.affine_transform(image, backward, offset, order=1, mode="grid-constant")

    def erosion(image: Array) -> Array:
        if kind == "grey":
            return morphology.erosion(image, square)
        thin: Callable[..., Array] = morphology.thin
        return thin(image > 0.5).astype(np.float32)

    def dilation(image: Array) -> Array:
        return morphology.dilation(image, square)

    def salt_and_pepper(image: Array) -> Array:
        draws = rng.random(image.shape)
        half = perturb.SALT_AND_PEPPER / 2
        return np.where(draws < half, 1, np.where(draws > 1 - half, 0, image))

    def gaussian(image: Array) -> Array:
        return (image + perturb.GAUSSIAN * rng.normal(size=image.shape)).clip(0, 1)

    def everything(image: Array) -> Array:
        image = affine(image)
        image = (erosion, dilation, lambda x: x)[rng.integers(3)](image)
        image = 1 - image if rng.random() < 0.5 else image
        return gaussian(salt_and_pepper(image))

    return {
        "affine": affine,
        "erosion": erosion,
        "dilation": dilation,
        "salt_and_pepper": salt_and_pepper,
        "gaussian": gaussian,
        "all": everything,
    }


def training(images: Tensor) -> pd.DataFrame:
    loop = _loops(np.random.default_rng(0), "thinning")["all"]

    def one_by_one(batch: Tensor) -> Tensor:
        return torch.from_numpy(np.stack([loop(x) for x in batch[:, 0].numpy()]))[:, None].float()

    def at_once(batch: Tensor) -> Tensor:
        return perturb.perturb(batch, 1, Generator(), "thinning")

    rates = {
        "published recipe, perturbed one by one": _published(images, one_by_one),
        "published recipe, perturbed in batches": _published(images, at_once),
        "ours, float32": _ours(images, bfloat16=False),
        "ours, bfloat16": _ours(images, bfloat16=True),
    }
    slowest = min(rates.values())
    return pd.DataFrame(
        {
            name: {
                "images per second": rate,
                "seconds per epoch of MNIST": MNIST / rate,
                "speed-up": rate / slowest,
            }
            for name, rate in rates.items()
        }
    ).T


def _published(images: Tensor, perturbed: Callable[[Tensor], Tensor], batch: int = 32) -> float:
    """Images per second of the published recipe."""
    channels, layers = (64, 128, 256), []
    for inputs, outputs in zip((1, *channels), channels, strict=False):
        convolution = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1)
        layers += [convolution, nn.BatchNorm2d(outputs), nn.SiLU()]
    pooled = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 128), nn.LayerNorm(128)]
    online = nn.Sequential(*layers, *pooled)
    target = copy.deepcopy(online).requires_grad_(False)
    predictor = nn.Sequential(nn.Linear(128, 128), nn.SiLU(), nn.Linear(128, 128))
    parameters = [*online.parameters(), *predictor.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=1e-3)

    def step(clean: Tensor) -> None:
        prediction = predictor(online(perturbed(clean)))
        loss = 1 - cosine_similarity(prediction, target(clean)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        with torch.no_grad():
            for slow, fast in zip(target.parameters(), online.parameters(), strict=True):
                slow.mul_(0.999).add_(fast, alpha=0.001)

    return _rate(step, images, batch)


def _ours(images: Tensor, bfloat16: bool) -> float:
    """Images per second of the default recipe."""
    method, machine = load("jepa"), Machine(torch.device("cpu"), bfloat16)
    shape = (images.shape[2], images.shape[3])
    networks = method.networks(shape, Draws(0, 1, "weights"))
    draws = Draws(0, 1, "perturbations")
    trained = [p for p in networks.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=1e-3, fused=True)

    def step(clean: Tensor) -> None:
        with machine.autocast():
            loss = method.loss(networks, Pairs(clean[None], clean[None], 1), draws).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return _rate(step, images, method.batch)


def _rate(step: Callable[[Tensor], None], images: Tensor, batch: int) -> float:
    batches = images.split(batch)[: len(images) // batch]
    step(batches[0])
    start = time.perf_counter()
    for number in range(STEPS):
        step(batches[number % len(batches)])
    return STEPS * batch / (time.perf_counter() - start)


def _best(work: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Seconds of the fastest of some runs, after one that does not count."""
    if repeats > 1:
        work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main()
