"""Write the tables of measured results into README.md from metrics/: `python tools/readme.py`.

With `--check` nothing is written, and a README whose tables differ from the metrics is an error.
"""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent

# Heading of a column: the key of the metric.
EMBEDDING = {
    "well AUROC": "landscape.auroc",
    "well depth": "landscape.depth",
    "roughness": "landscape.roughness",
    "spread": "collapse.spread",
    "effective rank": "collapse.effective_rank",
    "k-NN / Bayes": "clusters.knn_of_bayes",
    "linear / Bayes": "clusters.linear_of_bayes",
    "silhouette": "clusters.silhouette",
    "trustworthiness": "structure.trustworthiness",
    "distances, all": "structure.distance_correlation",
    "distances, across": "structure.distance_correlation_across",
}
SCORE = {
    "Fisher error": "score.fisher_error",
    "corr(E, -log p)": "score.energy_correlation",
    "weight error, ULA": "sampling.unadjusted.weight_error",
    "weight error, MALA": "sampling.adjusted.weight_error",
    "weight error, exact": "sampling.exact.weight_error",
}


SCALES = ("0", "4", "8", "10")
NOISY_TV = {
    "kalman": "Kalman filter",
    "vae": "`vae`",
    "pred_vae": "`pred_vae`",
    "ar": "`ar`",
    "ar2": "`ar2`",
    "gated_ae": "`gated_ae`",
    "jepa": "`jepa`",
    "vjepa": "`vjepa`",
    "bjepa": "`bjepa`",
}
VERDICTS = ("holds", "holds in part", "does not hold", "not tested")
TRACKS = {"mixture": "Mixture", "digits": "Digits", "noisy_tv": "Noisy TV", "all": "All"}
UNCERTAINTY = ("coverage_50", "coverage_90", "coverage_95", "nll")


def tables() -> dict[str, str]:
    """The Markdown of each table by its name in the README's markers."""
    return mixture_tables() | images_tables() | noisy_tv_tables() | {"claims": claims_tables()}


def metrics_of(file: str) -> Any:
    return json.loads((ROOT / f"metrics/{file}.json").read_text(encoding="utf-8"))


def images_tables() -> dict[str, str]:
    names = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["images"]["methods"]
    found = {name: metrics_of(f"images/embedding/{name}") for name in names}
    decoded = {name: metrics_of(f"images/reconstruction/{name}") for name in names}
    kinds = next(iter(found.values()))["knn_perturbed"]
    first = next(iter(decoded.values()))
    references = {
        "the perturbed image itself": first["references"]["perturbed_input"],
        "the mean image": first["references"]["mean_image"],
        "the mean image of the class, told the label": first["references"]["class_mean_image"],
    }
    from_what = {
        f"`{name}`, from the {kind} image": decoded[name][kind]
        for kind in ("perturbed", "clean")
        for name in names
    }
    scores = ("accuracy", "precision", "recall", "f1")
    return {
        "images embeddings": markdown(
            [
                "method",
                "5-NN accuracy",
                "precision",
                "recall",
                "F1",
                "linear probe",
                "effective rank",
            ],
            (
                [
                    f"`{name}`",
                    *(over_images(m["knn"][score]) for score in scores),
                    over_images(m["linear_probe"]["accuracy"]),
                    f"{m['effective_rank']:.1f}",
                ]
                for name, m in found.items()
            ),
        ),
        "images perturbed": markdown(
            ["5-NN accuracy under", *(kind.replace("_", " ") for kind in kinds)],
            (
                [f"`{name}`", *(f"{m['knn_perturbed'][kind]['mean']:.4f}" for kind in kinds)]
                for name, m in found.items()
            ),
        ),
        "images reconstruction": markdown(
            ["what stands for the clean test image", "MSE", "PSNR, dB", "SSIM"],
            (
                [
                    label,
                    f"{m['mse']['mean']:.4f} ± {m['mse']['ci95']:.4f}",
                    f"{m['psnr']['mean']:.2f}",
                    f"{m['ssim']['mean']:.3f}",
                ]
                for label, m in (references | from_what).items()
            ),
        ),
    }


def over_images(found: Any) -> str:
    return f"{found['mean']:.4f} ± {found['ci95']:.4f}"


def noisy_tv_tables() -> dict[str, str]:
    published, default = metrics_of("noisy_tv/as_published"), metrics_of("noisy_tv/default")
    return {
        "noisy tv": markdown(
            [
                "model",
                *(f"as published, σ = {scale}" for scale in SCALES),
                *(f"default, σ = {scale}" for scale in SCALES),
                "least share of the limit",
            ],
            (
                [
                    label,
                    *(scatter(published[name]["r2"][scale]) for scale in SCALES),
                    *(f"{default[name]['r2'][scale]['mean']:.3f}" for scale in SCALES),
                    least_share(default[name]),
                ]
                for name, label in NOISY_TV.items()
            ),
        ),
        "noisy tv uncertainty": markdown(
            [
                "σ = 8, default recipe",
                "50 % intervals",
                "90 % intervals",
                "95 % intervals",
                "negative log-likelihood, nats per dimension",
            ],
            (
                [NOISY_TV[name], *(interval(default[name], f"{key}.8") for key in UNCERTAINTY)]
                for name in ("vjepa", "bjepa", "kalman")
            ),
        ),
    }


def scatter(found: Any) -> str:
    return f"{found['mean']:.2f} ({found['min']:.2f} to {found['max']:.2f})"


def least_share(found: Any) -> str:
    if "r2_of_limit" not in found:
        return "1"
    return f"{min(scale['min'] for scale in found['r2_of_limit'].values()):.4f}"


def mixture_tables() -> dict[str, str]:
    methods = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["mixture"][
        "methods"
    ]
    metrics = {name: metrics_of(f"mixture/{name}") for name in methods}
    embeddings = {name: found for name, found in metrics.items() if "landscape" in found}
    scores = {name: found for name, found in metrics.items() if "score" in found}
    return {
        "mixture embeddings": markdown(
            ["method", *EMBEDDING, "collapsed at step"],
            (
                [f"`{name}`", *(interval(found, key) for key in EMBEDDING.values()), step(found)]
                for name, found in embeddings.items()
            ),
        ),
        "mixture scores": markdown(
            ["method", *SCORE, "SW / exact, ULA", "SW / exact, MALA"],
            (
                [
                    f"`{name}`",
                    *(interval(found, key) for key in SCORE.values()),
                    f"{found['sampling']['unadjusted']['of_exact']:.2f}",
                    f"{found['sampling']['adjusted']['of_exact']:.2f}",
                ]
                for name, found in scores.items()
            ),
        ),
        "mixture masked": markdown(
            [
                "method",
                "R² of x₁ from x₂",
                "exact",
                "R² of x₂ from x₁",
                "exact",
                "of exact, pooled",
            ],
            (
                [
                    f"`{name}`",
                    interval(found, "masked.r2.x0"),
                    f"{found['masked']['exact_r2']['x0']:.3f}",
                    interval(found, "masked.r2.x1"),
                    f"{found['masked']['exact_r2']['x1']:.3f}",
                    interval(found, "masked.of_exact"),
                ]
                for name, found in embeddings.items()
                if "masked" in found
            ),
        ),
    }


def claims_tables() -> str:
    """The verdicts counted, then a table for each track."""
    found = metrics_of("claims")
    counts = ", ".join(f"{found[verdict]} {verdict}" for verdict in VERDICTS)
    parts = [f"{len(found['claims'])} claims: {counts}. The digits are from `{found['data_set']}`."]
    for track, title in TRACKS.items():
        rows = [claim_row(claim) for claim in found["claims"] if claim["track"] == track]
        if rows:
            parts.append(markdown([title, "number", "verdict", "why"], rows))
    return "\n\n".join(parts)


def claim_row(claim: Any) -> list[str]:
    """Where a claim does not hold, the reason has what was needed."""
    number = f"{claim['measured']}: {claim['value']}" if claim["value"] else ""
    if claim["verdict"] == "holds":
        number += f" ({claim['needed']})"
    return [claim["claim"], number, claim["verdict"], claim["reason"]]


def interval(found: Any, key: str) -> str:
    """Mean and half width of the 95 % interval; small ones in scientific notation."""
    for part in key.split("."):
        found = found[part]
    mean, half_width = found["mean"], found["ci95"]
    layout = ".3f" if abs(mean) >= 0.002 else ".1e"
    return f"{mean:{layout}} ± {half_width:{layout}}"


def step(found: Any) -> str:
    collapse = found["collapse"]
    if not collapse["members_collapsed"]:
        return "never"
    if collapse["step"]["mean"] is None:
        return f"{collapse['members_collapsed']} members"
    return f"{collapse['step']['mean']:.0f} ± {collapse['step']['ci95']:.0f}"


def markdown(heading: list[str], rows: Iterable[list[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def filled(readme: str) -> str:
    """The README with each table between its markers."""
    for name, table in tables().items():
        pattern = rf"(<!-- table: {name} -->\n).*?(<!-- end -->)"
        readme, count = re.subn(pattern, rf"\g<1>\n{table}\n\n\g<2>", readme, flags=re.DOTALL)
        if count != 1:
            sys.exit(f"README.md has {count} places for the table '{name}' instead of one")
    return readme


def main(*arguments: str) -> None:
    file = ROOT / "README.md"
    old = file.read_text(encoding="utf-8")
    new = filled(old)
    if arguments == ("--check",):
        if new != old:
            sys.exit("README.md's tables differ from metrics/; run: python tools/readme.py")
        return
    file.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
