"""The images' tables in the documents: embeddings, perturbed images, reconstructions, seeds."""

from jepatlas.common.measuring.measures import Measures
from jepatlas.common.reporting.tables import interval, markdown, measured
from jepatlas.images.reporting import claims

SCORES = {
    "5-NN accuracy": "knn.accuracy",
    "precision": "knn.precision",
    "recall": "knn.recall",
    "F1": "knn.f1",
    "linear probe": "linear_probe.accuracy",
}
REFERENCES = {  # what any method is held against: the same for all
    "the perturbed image itself": "references.perturbed_input",
    "the mean image": "references.mean_image",
    "the mean image of the class, told the label": "references.class_mean_image",
}


def tables() -> dict[str, str]:
    """The Markdown of each table by its name."""
    methods, measures = measured("images")
    return {
        "images embeddings": embeddings(methods, measures),
        "images perturbed": perturbed(methods, measures),
        "images reconstruction": reconstruction(methods, measures),
        "images seeds": seeds(claims.measures()),
    }


def embeddings(methods: list[str], measures: Measures) -> str:
    rows = (
        [
            f"`{name}`",
            *(interval(measures.get(name, measure), digits=4) for measure in SCORES.values()),
            f"{measures.get(name, 'effective_rank').mean:.1f}",
        ]
        for name in methods
    )
    return markdown(["method", *SCORES, "effective rank"], rows)


def perturbed(methods: list[str], measures: Measures) -> str:
    kinds = measures.below(methods[0], "knn_perturbed")
    rows = (
        [
            f"`{name}`",
            *(f"{measures.get(name, f'knn_perturbed.{kind}').mean:.4f}" for kind in kinds),
        ]
        for name in methods
    )
    return markdown(["5-NN accuracy under", *(kind.replace("_", " ") for kind in kinds)], rows)


def seeds(measures: Measures) -> str:
    """What claims are decided by: over seeds, and from the least to the most of one."""
    kinds = measures.below("jepa", "knn_perturbed")
    names = {f"5-NN accuracy, {kind.replace('_', ' ')}": f"knn_perturbed.{kind}" for kind in kinds}
    names = {"5-NN accuracy, clean": "knn.accuracy"} | names
    names |= {
        f"{name.upper()} of the reconstruction": f"reconstruction.perturbed.{name}"
        for name in ("mse", "ssim")
    }
    found = {
        words: measures.get("jepa", name)
        for words, name in names.items()
        if measures.has("jepa", name)  # unless it is not trained
    }
    rows = (
        [words, interval(measure, digits=4), f"{measure.min:.4f} to {measure.max:.4f}"]
        for words, measure in found.items()
    )
    return markdown(["`jepa`", "mean", "least to most of a seed"], rows)


def reconstruction(methods: list[str], measures: Measures) -> str:
    found = {label: (methods[0], place) for label, place in REFERENCES.items()}
    for place in ("perturbed", "clean"):
        found |= {f"`{name}`, from the {place} image": (name, place) for name in methods}
    rows = (
        [
            label,
            interval(measures.get(name, f"reconstruction.{place}.mse"), digits=4),
            f"{measures.get(name, f'reconstruction.{place}.psnr').mean:.2f}",
            f"{measures.get(name, f'reconstruction.{place}.ssim').mean:.3f}",
        ]
        for label, (name, place) in found.items()
    )
    return markdown(["what stands for the clean test image", "MSE", "PSNR, dB", "SSIM"], rows)
