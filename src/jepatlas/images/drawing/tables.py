"""The tables of plot data: curves over training, and what is taken for what."""

from collections.abc import Sequence

import pandas as pd

from jepatlas.images.drawing.album import Album, Entry


def training(entries: Sequence[Entry]) -> pd.DataFrame:
    """Loss and k-NN accuracy on the images held out, after each epoch: means over members."""
    rows = []
    for entry in entries:
        loss, accuracy = entry.arrays["curve_loss"], entry.arrays["curve_knn_accuracy"]
        for epoch, (one, other) in enumerate(zip(loss, accuracy, strict=True), start=1):
            rows.append((entry.name, epoch, one.mean(), other.mean()))
    return pd.DataFrame(rows, columns=["method", "epoch", "loss", "knn_accuracy"])


def confusion(album: Album) -> pd.DataFrame:
    """How many test images of each class every method takes for each."""
    classes, labels = album.images.classes, album.images.test_labels
    counts = []
    for entry in album.entries:
        pairs = pd.DataFrame({"actual": labels, "predicted": entry.arrays["predicted"]})
        found = pairs.value_counts().rename("count").reset_index()
        found.insert(0, "method", entry.name)
        counts.append(found.sort_values(["actual", "predicted"]))
    table = pd.concat(counts, ignore_index=True)
    names = dict(enumerate(classes))
    return table.replace({"actual": names, "predicted": names})


def data_set(album: Album) -> pd.DataFrame:
    """Which images all this is of."""
    images = album.images
    return pd.DataFrame({"name": [images.data_set], "title": [images.title]})
