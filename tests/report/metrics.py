"""Made-up metrics in the shape of the real ones."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def number(mean: float | None, ci95: float | None = 0.001) -> dict[str, float | None]:
    return {"mean": mean, "ci95": ci95}


def write(root: Path, files: Mapping[str, Any]) -> None:
    """Each of the files, named without its ending, below root."""
    for name, content in files.items():
        path = root / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")


def embedding(accuracy: float = 0.9915, perturbed: float = 0.955, data_set: str = "mnist") -> Any:
    """As the evaluation of the digits' embeddings writes it."""
    kinds = ("affine", "erosion", "dilation", "inversion", "salt_and_pepper", "gaussian")
    scores = ("accuracy", "precision", "recall", "f1")
    return {
        "data_set": data_set,
        "test_images": 10000,
        "knn": {score: number(accuracy, 0.0018) for score in scores},
        "linear_probe": {"accuracy": number(0.985, 0.0024)},
        "effective_rank": 57.1,
        "knn_perturbed": {kind: number(0.985, 0.0024) for kind in kinds}
        | {"all": number(perturbed, 0.0041)},
    }


def reconstruction(mse: float = 0.041, ssim: float = 0.62) -> Any:
    """As the decoding of the digits' embeddings writes it."""

    def quality(mse: float, ssim: float) -> Any:
        return {"mse": number(mse, 0.0005), "psnr": number(14, 0.05), "ssim": number(ssim, 0.003)}

    return {
        "data_set": "mnist",
        "test_images": 10000,
        "perturbed": quality(mse, ssim),
        "clean": quality(0.008, 0.9),
        "references": {
            "mean_image": quality(0.067, 0.22),
            "class_mean_image": quality(0.052, 0.42),
            "perturbed_input": quality(0.25, 0.11),
        },
    }


def digits(**changes: Any) -> dict[str, Any]:
    """The files of one method; changes: of `embedding` and `reconstruction`, by their names."""
    return {
        "images/embedding/jepa": embedding(**changes.get("embedding", {})),
        "images/reconstruction/jepa": reconstruction(**changes.get("reconstruction", {})),
    }
