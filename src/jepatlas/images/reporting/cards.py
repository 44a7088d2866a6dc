"""What the methods for images ask for, in a sentence each."""

from jepatlas.common.reporting import objectives
from jepatlas.common.reporting.cards import Card
from jepatlas.common.reporting.objectives import Objective

CARDS = {
    "jepa": Card(
        objectives.SLOW_TARGET,
        "From a perturbed image, predict what a slower encoder makes of the clean one.",
        "BYOL from one side: only what goes into the predictor is perturbed.",
    ),
    "jepa_sigreg": Card(
        Objective(
            "(1 &minus; λ) |<i>p</i>(<i>z</i>) &minus; <i>z</i>&prime;|<sup>2</sup> + "
            "λ SIGReg(<i>z</i>)",
            "LeWorldModel 2026",
            "https://arxiv.org/abs/2603.19312",
        ),
        "From a perturbed image, predict what the same encoder makes of the clean one; the "
        "embeddings are held to a Gaussian.",
        "JEPA with LeJEPA's SIGReg in place of a slow target.",
    ),
    "lejepa": Card(
        objectives.LEJEPA,
        "Two views of an image agree, and their embedding is a Gaussian in every direction.",
        "Like VICReg, with the whole distribution fixed in place of two moments.",
    ),
    "vicreg": Card(
        objectives.VICREG,
        "Two views of an image agree, each dimension keeps its variance, no two say the same.",
        "Like Barlow Twins, term by term instead of in one matrix.",
    ),
    "barlow_twins": Card(
        objectives.BARLOW_TWINS,
        "The correlations of the two views' dimensions are those of independent ones.",
        "Like VICReg, blind to mean and scale.",
    ),
    "contrastive": Card(
        Objective(
            "&minus;log e<sup>cos(<i>u<sub>i</sub></i>, <i>u</i>&prime;<sub><i>i</i></sub>)/"
            "<i>T</i></sup> / Σ<sub><i>j</i>≠<i>i</i></sub> "
            "e<sup>cos(<i>u<sub>i</sub></i>, <i>u<sub>j</sub></i>)/<i>T</i></sup>",
            "Chen et al. 2020, SimCLR",
            "https://arxiv.org/abs/2002.05709",
        ),
        "Each view picks the other one of its image out of all views of a batch.",
        "InfoNCE from both sides, with views of both kinds to be told from.",
    ),
}
