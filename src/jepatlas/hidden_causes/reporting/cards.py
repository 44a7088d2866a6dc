"""What the methods for hidden causes ask for, in a sentence each."""

from jepatlas.common.reporting import objectives
from jepatlas.common.reporting.cards import Card
from jepatlas.common.reporting.objectives import Objective

CARDS = {
    "contrastive": Card(
        objectives.INFO_NCE,
        "Each observation picks its partner out of a batch by the angle between embeddings.",
        "Fits latents that live on a sphere; the same with a Gaussian kernel, those of all space.",
    ),
    "contrastive_gaussian": Card(
        Objective(
            "&minus;log e<sup>&minus;|<i>z</i> &minus; <i>z</i>&prime;|<sup>2</sup>/2</sup> / "
            "Σ<sub><i>j</i></sub> e<sup>&minus;|<i>z</i> &minus; "
            "<i>z</i>&prime;<sub><i>j</i></sub>|<sup>2</sup>/2</sup>",
            "Zimmermann et al. 2021",
            "https://arxiv.org/abs/2102.08850",
        ),
        "Each observation picks its partner out of a batch by the distance between embeddings.",
        "InfoNCE whose kernel is that of Gaussian moves of the latents.",
    ),
    "jepa": Card(
        objectives.AGREEMENT,
        "The embeddings of a pair agree, and nothing else: every constant map is an optimum.",
        "What is left of all the others when what forbids collapse is taken away.",
    ),
    "jepa_ema": Card(
        objectives.SLOW_TARGET,
        "Predict what a slower copy makes of the partner; no term forbids collapse.",
        "JEPA with a predictor and a target that no gradient reaches.",
    ),
    "vicreg": Card(
        objectives.VICREG,
        "Pairs agree, each dimension keeps its variance, no two dimensions say the same.",
        "Like the penalty on the covariance, with a hinge that asks for enough variance only.",
    ),
    "barlow_twins": Card(
        objectives.BARLOW_TWINS,
        "The correlations of the pair's dimensions are those of independent ones.",
        "Like VICReg, blind to mean and scale.",
    ),
    "lejepa": Card(
        objectives.LEJEPA,
        "Pairs agree, and the embedding is a standard Gaussian, as the latents are said to be.",
        "Like the penalty on the covariance, with the whole distribution fixed.",
    ),
    "whitening": Card(
        Objective(
            "(1 &minus; λ) |<i>z</i> &minus; <i>z</i>&prime;|<sup>2</sup> + "
            "λ |Cov &minus; <i>I</i>|<sup>2</sup>",
            "Klindt, LeCun & Balestriero 2026",
            "https://arxiv.org/abs/2605.26379",
        ),
        "Pairs agree, and the covariance of the embedding is the identity.",
        "LeJEPA with two moments in place of the whole distribution.",
    ),
}
