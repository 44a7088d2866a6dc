"""The document's claims about the mixture: its sections 1 to 3 and its summary table."""

from dataclasses import dataclass
from typing import Self

from scipy.spatial.distance import pdist

from jepatlas.common.base.parameters import Fraction, scalar, section
from jepatlas.common.reporting.rules import Claim, Measure, Section, Threshold
from jepatlas.mixture.truth.parameters import MixtureChoice

OF_BAYES = Threshold(0.95, "of what the Bayes classifier gets right")
OF_EXACT = Threshold(0.95, "of the variance that the exact conditional mean explains")
EXPLAINED = Threshold(0.95, "of the exact score's square; the score itself has 1")
MISSED = Threshold(0.05, "of the exact score's square; the score itself has 0")
ENERGY = Threshold(0.95, "1 is an energy of -log p up to a constant")
TURNED = Threshold(-0.95, "-1 is an energy of +log p")
NEIGHBOURS = Threshold(0.95, "1 has all neighbours of the plane, 0.5 is about chance")
SEPARATED = Threshold(0.5, "a reasonable structure by Kaufman and Rousseeuw's reading")
ORDERED = Threshold(0.95, "1 has each point of the reference's component below all others")
DEEP = Threshold(1, "half of the most that two cosines can differ")
SHALLOW = Threshold(0.2, "a tenth of the most that two cosines can differ")
GLOBAL = Threshold(0.5, "a large correlation by Cohen's convention")
SOME = Threshold(0.1, "a small correlation by Cohen's convention")
AS_FAR_AGAIN = 2  # samples may lie this many times as far off as exact ones do among themselves

CONSTANT = "a constant map is the optimum of its loss"
FLAT = "its embeddings hardly differ in direction"
RELATIONS = "little of how the components lie to each other is kept"


@dataclass(frozen=True)
class Settings:
    """What the bounds take from params.yaml: the spread below which an embedding counts as
    collapsed, the smallest weight of a component, the distance of the two nearest means."""

    collapsed: float
    smallest_weight: float
    nearest: float

    @classmethod
    def read(cls) -> Self:
        choice = section(f"mixture.mixtures.{scalar('mixture.mixture', str)}", MixtureChoice)
        return cls(
            collapsed=scalar("mixture.evaluation.collapsed", Fraction),
            smallest_weight=min(choice.weights),
            nearest=float(pdist(choice.means).min()),
        )


def claims() -> list[Claim]:
    """All of them, in the document's order."""
    settings = Settings.read()
    return [
        *contrastive(),
        *score_matching(settings),
        *variants(settings),
        *prediction(settings),
        *table_scores(),
        *table_structure(settings),
    ]


# What is measured of a method


def measure(method: str, key: str, words: str) -> Measure:
    return Measure("mixture", method, key, words.format(method=method))


def knn(method: str) -> Measure:
    return measure(method, "clusters.knn_of_bayes", "relative k-NN accuracy of {method}")


def linear(method: str) -> Measure:
    return measure(method, "clusters.linear_of_bayes", "relative linear-probe accuracy of {method}")


def silhouette(method: str) -> Measure:
    return measure(method, "clusters.silhouette", "silhouette of {method}")


def trustworthiness(method: str) -> Measure:
    return measure(method, "structure.trustworthiness", "trustworthiness of {method}")


def distances(method: str) -> Measure:
    return measure(method, "structure.distance_correlation", "distance correlation of {method}")


def distances_across(method: str) -> Measure:
    words = "distance correlation across components of {method}"
    return measure(method, "structure.distance_correlation_across", words)


def well_order(method: str) -> Measure:
    return measure(method, "landscape.auroc", "well AUROC of {method}")


def well_depth(method: str) -> Measure:
    return measure(method, "landscape.depth", "well depth of {method}")


def roughness(method: str) -> Measure:
    return measure(method, "landscape.roughness", "roughness of {method}")


def score_explained(method: str) -> Measure:
    words = "share of the score that the landscapes of {method} explain"
    return measure(method, "landscape.score_explained", words)


def spread(method: str) -> Measure:
    return measure(method, "collapse.spread", "spread of {method}")


def fisher_error(method: str) -> Measure:
    return measure(method, "score.fisher_error", "Fisher error of {method}")


def energy_correlation(method: str) -> Measure:
    words = "correlation with -log p of the energy of {method}"
    return measure(method, "score.energy_correlation", words)


def distance_from_exact(method: str, sampler: str) -> Measure:
    words = f"distance from exact samples of {sampler} chains of {{method}}"
    return measure(method, f"sampling.{sampler}.sliced_wasserstein", words)


def distance_between_exact(method: str) -> Measure:
    words = "distance of exact samples from each other"
    return measure(method, "sampling.exact.sliced_wasserstein", words)


def weight_error(method: str, sampler: str) -> Measure:
    words = f"weight error of {sampler} chains of {{method}}"
    return measure(method, f"sampling.{sampler}.weight_error", words)


# The claims


def contrastive() -> list[Claim]:
    traits = Section("mixture", "1. Contrastive, key traits")
    outcome = Section("mixture", "1. Contrastive, outcome")
    return [
        traits.claim(
            "contrastive-local",
            "Contrastive training encourages local structure awareness",
            trustworthiness("contrastive") > NEIGHBOURS,
        ),
        traits.claim(
            "contrastive-clusters",
            "Contrastive training is effective at separating clusters",
            knn("contrastive") > OF_BAYES,
            linear("contrastive") > OF_BAYES,
        ),
        outcome.claim(
            "contrastive-separated",
            "Contrastive training learned well-separated embeddings for different clusters",
            silhouette("contrastive") > SEPARATED,
        ),
        outcome.claim(
            "contrastive-wells",
            "Contrastive training makes strong energy wells around data points",
            well_order("contrastive") > ORDERED,
            well_depth("contrastive") > DEEP,
        ),
        outcome.claim(
            "contrastive-batches",
            "Contrastive loss required careful batch construction",
            (silhouette("contrastive") < SEPARATED).otherwise(
                "its batches are random draws, made with no care, and the clusters separate"
            ),
        ),
    ]


def score_matching(settings: Settings) -> list[Claim]:
    traits = Section("mixture", "2. DSM, key traits and summary table")
    outcome = Section("mixture", "2. DSM, outcome")
    weights = Threshold(settings.smallest_weight / 5, "a fifth of the smallest component's weight")
    samplers = ("unadjusted", "adjusted")
    return [
        traits.claim(
            "dsm-no-pairs",
            "DSM trains without contrastive or positive/negative pairs",
            untested="That is the definition of its loss, not an outcome.",
        ),
        traits.claim(
            "dsm-score",
            "DSM approximates the score function of the data",
            fisher_error("dsm") < MISSED,
        ),
        traits.claim(
            "dsm-sampling",
            "DSM enables sampling by Langevin dynamics",
            *(weight_error("dsm", name) < weights for name in samplers),
            *(
                distance_from_exact("dsm", name) < AS_FAR_AGAIN * distance_between_exact("dsm")
                for name in samplers
            ),
        ),
        outcome.claim(
            "dsm-towards-clusters",
            "The DSM model learned to point toward data clusters",
            fisher_error("dsm") < MISSED,
            energy_correlation("dsm") > ENERGY,
        ),
        outcome.claim(
            "dsm-sign",
            "DSM's energy can be high outside and low near data, or vice versa",
            energy_correlation("dsm") > ENERGY,
            (energy_correlation("dsm") < TURNED).otherwise(
                "the score is -dE/dx here, and the energy low on the data; it is high there only "
                "if the regression on the noise is written with the sign turned"
            ),
        ),
        outcome.claim(
            "dsm-range",
            "DSM captures local structure and partially long-range geometry",
            fisher_error("dsm") < MISSED,
            weight_error("dsm", "unadjusted") < weights,
        ),
        Section("mixture", "Summary table").claim(
            "dsm-local-only",
            "DSM learns local structure only, no global one",
            fisher_error("dsm") < MISSED,
            (weight_error("dsm", "unadjusted") > weights).otherwise(
                "the relative depths of its wells are right, so that chains from a wide start "
                "fill every component by its weight"
            ),
        ),
    ]


def variants(settings: Settings) -> list[Claim]:
    """What is said of single JEPA variants."""
    traits = Section("mixture", "3. JEPA, key traits")
    collapsed = collapse(settings)
    exact = {
        x: measure("jepa_masked", f"masked.exact_r2.{x}", f"exact conditional mean's R² of {words}")
        for x, words in {"x0": "x₁", "x1": "x₂"}.items()
    }
    masked = {
        x: measure("jepa_masked", f"masked.r2.{x}", f"R² of the masked {words} by {{method}}")
        for x, words in {"x0": "x₁", "x1": "x₂"}.items()
    }
    pooled = measure("jepa_masked", "masked.of_exact", "relative pooled R² of {method}")
    return [
        Section("mixture", "3b. Global pairwise JEPA").claim(
            "pairwise-non-local",
            "Pairwise JEPA learns a non-local similarity structure",
            (distances_across("jepa_pairwise") > GLOBAL).otherwise(
                "it pulls every point to every other one"
            ),
        ),
        Section("mixture", "3. JEPA, key traits and summary table").claim(
            "pairwise-global",
            "Pairwise JEPA promotes learning of the global geometry",
            (spread("jepa_pairwise") > collapsed).otherwise(CONSTANT),
            distances("jepa_pairwise") > GLOBAL,
        ),
        traits.claim(
            "ema-avoids-collapse",
            "EMA improves stability and avoids collapse",
            (spread("jepa_ema") > collapsed).otherwise(CONSTANT),
            spread("jepa_ema") > spread("jepa"),
        ),
        traits.claim(
            "masked-conditional",
            "Masked JEPA encourages conditional modeling",
            pooled > OF_EXACT,
        ),
        Section("mixture", "3. JEPA, outcome").claim(
            "masked-dependencies",
            "The masked variant captured conditional dependencies",
            *(masked[x] > OF_EXACT.value * exact[x] for x in exact),
        ),
    ]


def prediction(settings: Settings) -> list[Claim]:
    """What is said of all JEPA variants together."""
    outcome = Section("mixture", "3. JEPA, outcome")
    names = ("jepa", "jepa_pairwise", "jepa_masked", "jepa_ema")
    stands = {name: (spread(name) > collapse(settings)).otherwise(CONSTANT) for name in names}
    smooth = Threshold(1 / settings.nearest, "one even slope from a cluster's mean to the nearest")
    return [
        Section("mixture", "3. JEPA, key traits").claim(
            "jepa-no-contrast",
            "JEPA needs no contrastive terms",
            *stands.values(),
        ),
        outcome.claim(
            "jepa-smooth",
            "JEPA learned smooth, local or global energy structures",
            *(roughness(name) < smooth for name in names),
            *((well_depth(name) > SHALLOW).otherwise(FLAT) for name in names),
        ),
        outcome.claim(
            "jepa-less-collapse",
            "There is less collapse with JEPA, especially with EMA",
            stands["jepa"],
            stands["jepa_pairwise"],
            *(spread("jepa_ema") > spread(name) for name in ("jepa", "jepa_pairwise")),
        ),
    ]


def table_scores() -> list[Claim]:
    """The summary table's columns on contrast, masks, the score and sampling."""
    table = Section("mixture", "Summary table")
    rows = {
        "contrastive": "Contrastive JEA",
        "jepa_pairwise": "Global pairwise JEPA",
        "jepa_masked": "Masked JEPA",
        "jepa_ema": "JEPA + EMA",
    }
    no_score = {name: score_explained(name) < EXPLAINED for name in rows}
    return [
        table.claim(
            "table-contrast",
            "Contrastive JEA uses contrast; DSM and pairwise, masked and EMA JEPA do not",
            untested="That is how the methods are defined, not an outcome.",
        ),
        table.claim(
            "table-masks",
            "Masked JEPA predicts what is masked; with EMA that is optional; the others do not",
            untested="That is how the methods are defined, not an outcome.",
        ),
        *(
            table.claim(
                f"table-score-{name.removeprefix('jepa_')}",
                f"{row} does not learn the score",
                no_score[name],
            )
            for name, row in rows.items()
        ),
        table.claim(
            "table-sampling",
            "No sampling from the four joint-embedding methods, for want of the score",
            *no_score.values(),
        ),
    ]


def table_structure(settings: Settings) -> list[Claim]:
    """The summary table's column on global structure; DSM and pairwise JEPA are above."""
    table = Section("mixture", "Summary table")
    return [
        table.claim(
            "table-global-contrastive",
            "Contrastive JEA learns local structure only, no global one",
            trustworthiness("contrastive") > NEIGHBOURS,
            distances_across("contrastive") < GLOBAL,
        ),
        table.claim(
            "table-global-masked",
            "Masked JEPA has some global awareness",
            distances("jepa_masked") > GLOBAL,
            (distances_across("jepa_masked") > SOME).otherwise(RELATIONS),
        ),
        table.claim(
            "table-global-ema",
            "JEPA + EMA is stable and learns non-local structure",
            (spread("jepa_ema") > collapse(settings)).otherwise(CONSTANT),
            distances("jepa_ema") > GLOBAL,
            (distances_across("jepa_ema") > GLOBAL).otherwise(RELATIONS),
        ),
    ]


def collapse(settings: Settings) -> Threshold:
    return Threshold(settings.collapsed, "below it an embedding counts as collapsed")
