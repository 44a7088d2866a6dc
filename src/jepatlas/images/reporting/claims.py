"""The document's claims about MNIST, of the one method that it describes there."""

from dataclasses import replace
from pathlib import Path

from jepatlas.common.base.parameters import Seed, scalar
from jepatlas.common.base.storage import read_csv
from jepatlas.common.measuring.measures import Measures
from jepatlas.common.reporting.rules import Claim, Measure, Section, Threshold
from jepatlas.common.reporting.seeds import over_seeds

PUBLISHED = Threshold(0.9851, "the document's 0.9901 less a margin of half a percentage point")
PIXELS = Threshold(0.9688, "what the five nearest neighbours score on MNIST's raw pixels")
SWEEP = "mnist_seeds"
ROBUST = Threshold(0.95, "what is robust keeps all but a twentieth of what it has on clean images")
SCORES = {"accuracy": "accuracy", "precision": "precision", "recall": "recall", "f1": "F1 score"}
REFERENCES = {
    "perturbed_input": "perturbed image itself",
    "mean_image": "mean image",
    "class_mean_image": "mean image of the true class",
}


def claims() -> list[Claim]:
    """All of them, in the document's order: of MNIST only, so not tested on another set."""
    return [replace(claim, data_set="mnist") for claim in (*embedding(), *reconstruction())]


def data_set() -> str:
    """The set that the track learned from."""
    return str(read_csv(Path("plots/images/tables/data_set.csv"), texts=["name"])["name"][0])


def measures() -> Measures:
    """Of the trainings of the sweep over seeds, where this one is among them."""
    return over_seeds(Measures.read("images"), SWEEP, scalar("seed", Seed))


def embedded(key: str, words: str, axis: str = "") -> Measure:
    return Measure("images", "jepa", key, words, axis)


def reconstructed(key: str, words: str) -> Measure:
    return Measure("images", "jepa", f"reconstruction.{key}", words)


def embedding() -> list[Claim]:
    phase = Section("images", "MNIST, phase 1")
    clean = embedded("knn.accuracy", "k-NN accuracy on clean images")
    perturbed = embedded("knn_perturbed.*", "k-NN accuracy at {}", "perturbation")
    return [
        phase.claim(
            "images-representations",
            "Perturbation-based self-supervised learning generates latent representations",
            clean > PIXELS,
        ),
        phase.claim(
            "images-robust",
            "The representations are robust, and predicted from perturbed images",
            perturbed > ROBUST * clean,
        ),
        *(
            Section("images", "MNIST, k-NN evaluation").claim(
                f"images-knn-{key}",
                f"The k-NN evaluation (k = 5) of the embeddings gives {words} 0.9901",
                embedded(f"knn.{key}", f"k-NN {words}") > PUBLISHED,
            )
            for key, words in SCORES.items()
        ),
    ]


def reconstruction() -> list[Claim]:
    phase = Section("images", "MNIST, phase 2")
    error = reconstructed("perturbed.mse", "MSE of the reconstruction from the perturbed image")
    likeness = reconstructed("perturbed.ssim", "SSIM of the reconstruction")
    return [
        phase.claim(
            "images-reconstruction",
            "The fine-tuned model reconstructs the clean image from the perturbed one",
            *(
                error < reconstructed(f"references.{key}.mse", f"MSE of the {words}")
                for key, words in REFERENCES.items()
            ),
        ),
        phase.claim(
            "images-visual",
            "Visual comparison: the reconstruction looks like the original",
            *(
                likeness > reconstructed(f"references.{key}.ssim", f"SSIM of the {words}")
                for key, words in REFERENCES.items()
            ),
        ),
    ]
