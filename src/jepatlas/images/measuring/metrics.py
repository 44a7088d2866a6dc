"""What is measured of embeddings of images and of reconstructions. Arrays only, no method."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from skimage.metrics import structural_similarity
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from jepatlas.common.measuring import statistics

Array = npt.NDArray[Any]
Summary = dict[str, float]

RESAMPLES = 2000


def classification(
    labels: Array, predicted: Array, classes: int, generator: np.random.Generator
) -> Any:
    """Accuracy; precision, recall and F1, means over the classes, weighted by how many images each
    has, as the document's are (recall is then the accuracy); each with the half width of a 95 %
    bootstrap interval over the images."""
    counts = confusion_matrix(labels, predicted, labels=np.arange(classes))
    share = counts.ravel() / counts.sum()
    resampled = generator.multinomial(counts.sum(), share, size=RESAMPLES)
    values = _scores(counts[None])
    spread = _scores(resampled.reshape(-1, classes, classes))
    return {name: _summary(float(values[name][0]), half_width(spread[name])) for name in values}


def half_width(resampled: Array) -> float:
    """Half of the interval that holds the middle 95 % of resampled values."""
    low, high = np.quantile(resampled, [0.025, 0.975])
    return float(high - low) / 2


def _scores(counts: Array) -> dict[str, Array]:
    """Accuracy, precision, recall and F1 of confusion matrices `[n, class, predicted]`."""
    hits = np.diagonal(counts, axis1=1, axis2=2)
    # A class that nobody predicted, or that does not occur, scores 0, as in scikit-learn.
    precision = hits / np.maximum(counts.sum(1), 1)
    recall = hits / np.maximum(counts.sum(2), 1)
    f1 = 2 * hits / np.maximum(counts.sum(1) + counts.sum(2), 1)
    weights = counts.sum(2) / counts.sum((1, 2))[:, None]
    by_class = {"precision": precision, "recall": recall, "f1": f1}
    weighted = {name: (values * weights).sum(1) for name, values in by_class.items()}
    return {"accuracy": hits.sum(1) / counts.sum((1, 2)), **weighted}


def linear_probe(z: Array, labels: Array, z_test: Array) -> Array:
    """The classes `[m]` that logistic regression on embeddings `[n, dim]` gives to `[m, dim]`."""
    regression = LogisticRegression(C=0.1, tol=1e-3, max_iter=300)
    return make_pipeline(StandardScaler(), regression).fit(z, labels).predict(z_test)


def reconstruction(images: Array, found: Array) -> dict[str, Summary]:
    """Mean squared error, peak signal-to-noise ratio in dB and structural similarity of `found`
    against `images`, both `[n, height, width]` in [0, 1]: means over images, 95 % intervals."""
    error = np.square(images - found).mean((1, 2))
    return {
        "mse": over_images(error),
        "psnr": over_images(-10 * np.log10(np.maximum(error, 1e-10))),
        "ssim": over_images(similarity(images, found)),
    }


def similarity(images: Array, found: Array) -> Array:
    """Structural similarity of each pair (Wang et al. 2004), with 7 x 7 windows: `[n]`."""
    compare: Callable[..., float] = structural_similarity
    pairs = zip(images, found, strict=True)
    return np.array([compare(one, other, data_range=1.0) for one, other in pairs])


def over_images(values: Array) -> Summary:
    """Mean and half width of its 95 % interval over the images, `[n]`."""
    half = 1.96 * values.std(ddof=1) / np.sqrt(len(values))
    return _summary(float(values.mean()), float(half))


def over_members(measured: Sequence[Any]) -> Any:
    """The same nested measures, of several members, as one.

    Of several members, mean and extremes are over them, and the interval has two parts: that of the
    luck of the seed, and the members' mean one over the test images, which they share. Of one
    member, the interval is that over the test images.
    """
    first = measured[0]
    if isinstance(first, Mapping) and "mean" not in first:
        return {key: over_members([one[key] for one in measured]) for key in first}
    if len(measured) == 1 or not isinstance(first, Mapping | float):
        return first
    if not isinstance(first, Mapping):
        return statistics.over_members(measured)
    found = statistics.over_members([one["mean"] for one in measured])
    over_test = np.mean([one["ci95"] for one in measured])
    return found | {"ci95": float(np.hypot(found["ci95"], over_test))}


def _summary(mean: float, half: float) -> Summary:
    return {"mean": mean, "ci95": half, "min": mean, "max": mean}
