"""Measure the images that a member's decoders give back, beside what needs no network."""

from typing import Any

import numpy as np
import numpy.typing as npt

from jepatlas.images.measuring import metrics
from jepatlas.images.truth.world import Images

Array = npt.NDArray[Any]


def measure(decoded: dict[str, Array], images: Images) -> dict[str, Any]:
    """The errors of one member's decoders; decoded: from the predictions of the `perturbed` and of
    the `clean` test images, `[m, height, width]` in [0, 1]."""
    clean = images.test / np.float32(255)
    return {kind: metrics.reconstruction(clean, found) for kind, found in decoded.items()}


def references(images: Images, perturbed: Array) -> dict[str, Any]:
    """The errors of what needs no network: the mean of the training images; an oracle that knows
    the label and answers with the mean of its class; and the perturbed image itself, uint8."""
    clean = images.test / np.float32(255)
    means = class_means(images)
    overall = (images.train.mean(0, dtype=np.float64) / 255).astype(np.float32)
    found = {
        "mean_image": np.broadcast_to(overall, clean.shape),
        "class_mean_image": means[images.test_labels],
        "perturbed_input": perturbed / np.float32(255),
    }
    return {name: metrics.reconstruction(clean, x) for name, x in found.items()}


def class_means(images: Images) -> Array:
    """The mean training image of each class, `[classes, height, width]` in [0, 1]."""
    means = [
        images.train[images.train_labels == k].mean(0, dtype=np.float64) / 255
        for k in range(len(images.classes))
    ]
    return np.stack(means).astype(np.float32)
