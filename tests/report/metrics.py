"""Made-up measures in the shape of the real ones."""

from pathlib import Path
from typing import Any

import pandas as pd

from jepatlas.common.measuring import measures


def number(mean: float | None, ci95: float | None = 0.001) -> dict[str, float | None]:
    return {"mean": mean, "ci95": ci95, "min": mean, "max": mean}


def write(root: Path, track: str, methods: dict[str, Any]) -> Path:
    """The table of a track's measures below `root`; methods: their nested measures by name."""
    path = root / "plots" / track / "tables" / "measures.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    tables = [measures.table(name, content) for name, content in methods.items()]
    measures.joined(tables).to_csv(path, index=False)
    return path


def edit(path: Path, method: str, measure: str, mean: float, ci95: float = 0.001) -> None:
    """Another number in a table."""
    table = pd.read_csv(path)
    chosen = (table["method"] == method) & (table["measure"] == measure)
    assert chosen.sum() == 1
    table.loc[chosen, ["mean", "ci95"]] = mean, ci95
    table.to_csv(path, index=False)


def image_method(
    accuracy: float = 0.9915, perturbed: float = 0.955, mse: float = 0.041, ssim: float = 0.62
) -> Any:
    """As the evaluation of a method of the image track measures it."""
    kinds = ("affine", "erosion", "dilation", "inversion", "salt_and_pepper", "gaussian")
    scores = ("accuracy", "precision", "recall", "f1")

    def quality(mse: float, ssim: float) -> Any:
        return {"mse": number(mse, 0.0005), "psnr": number(14, 0.05), "ssim": number(ssim, 0.003)}

    return {
        "knn": {score: number(accuracy, 0.0018) for score in scores},
        "linear_probe": {"accuracy": number(0.985, 0.0024)},
        "effective_rank": 57.1,
        "knn_perturbed": {kind: number(0.985, 0.0024) for kind in kinds}
        | {"all": number(perturbed, 0.0041)},
        "reconstruction": {
            "perturbed": quality(mse, ssim),
            "clean": quality(0.008, 0.9),
            "references": {
                "mean_image": quality(0.067, 0.22),
                "class_mean_image": quality(0.052, 0.42),
                "perturbed_input": quality(0.25, 0.11),
            },
        },
    }


def images(root: Path, data_set: str = "mnist", **changes: float) -> Path:
    """The tables of the image track, with one method; changes: of `image_method`."""
    path = write(root, "images", {"jepa": image_method(**changes)})
    found = pd.DataFrame({"name": [data_set], "title": [data_set]})
    found.to_csv(path.with_name("data_set.csv"), index=False)
    return path
