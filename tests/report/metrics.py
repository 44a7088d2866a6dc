"""Made-up measures in the shape of the real ones."""

from collections.abc import Sequence
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
    """Another number in a table, whose members are not known."""
    table = pd.read_csv(path)
    chosen = (table["method"] == method) & (table["measure"] == measure)
    assert chosen.sum() == 1
    table.loc[chosen, ["mean", "ci95"]] = mean, ci95
    table.loc[chosen, "members"] = None
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


def seeds(root: Path, accuracies: Sequence[float]) -> Path:
    """The table of the sweep over training seeds: the accuracy of each."""
    path = root / "sweeps/results/mnist_seeds/table.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {"experiment": f"mnist_seeds-seed={seed}", "seed": seed, "method": "jepa"}
        | {"measure": "knn.accuracy", "ci95": 0.0018, "members": None}
        | dict.fromkeys(("mean", "min", "max"), accuracy)
        for seed, accuracy in enumerate(accuracies)
    ]
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def hidden_causes(root: Path, r2: float = 0.995, slack: float = 0.1) -> Path:
    """The table of the hidden causes; r2, slack: of all embeddings behind mixings."""
    plane = {
        "r2": number(r2),
        "procrustes": number(1 - r2),
        "degree": {"1": number(r2)},
        "slack": number(slack),
        **dict.fromkeys(("delta", "epsilon", "error"), number(0.02)),
        "bound": number(0.02 + slack),
        "planning": {"arrived": number(1.0), "ratio": number(1.01)},
    }
    mixings = dict.fromkeys(("spiral", "banana", "shear", "coupling"), plane)
    seen = {name: {"r2": 0.7, "planning": {"arrived": 1.0, "ratio": 1.5}} for name in mixings}
    by_shape = {"0_5": 0.69, "1": 0.96, "1_5": 0.99, "2": r2, "4": 0.98, "8": 0.97, "32": 0.95}
    rhos = {rho: {"slack": number(slack)} for rho in ("0_5", "0_8", "0_9", "0_95")}
    exact = {"shapes": {alpha: {"r2": found} for alpha, found in by_shape.items()}}
    methods = {
        "contrastive_gaussian": {"mixings": dict.fromkeys(mixings, plane | {"r2": number(0.95)})},
        "vicreg": {"mixings": mixings},
        "lejepa": {
            "mixings": mixings,
            "shapes": {alpha: {"r2": number(found)} for alpha, found in by_shape.items()},
            "grid": dict.fromkeys(("0_0005", "0_005", "0_05"), rhos),
        },
        "whitening": {
            "mixings": mixings,
            "dimensions": {size: {"r2": number(r2)} for size in ("2", "64")},
            "arm": {"r2": number(0.98)},
        },
        "observation": {"mixings": seen},
        "eigenfunctions": exact,
        "gaussianised": exact,
    }
    return write(root, "hidden_causes", methods)
