"""The document's claims about the mixture: its sections 1 to 3 and its summary table.

All are asked of both recipes, the one that was published and the default one: what the document saw
may come from its settings.
"""

from collections.abc import Callable
from itertools import chain

import numpy as np
from scipy.spatial.distance import pdist

from jepatlas.common.base.parameters import Fraction, scalar, section, value
from jepatlas.common.reporting.rules import Claim, Condition, Measure, Section, Threshold
from jepatlas.mixture.reporting.tables import COORDINATES
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import MixtureChoice
from jepatlas.mixture.truth.recipes import DEFAULT, PUBLISHED, mixture_of, recipes

RECIPES = {PUBLISHED: "as published", DEFAULT: "by the default recipe"}

OF_BAYES = Threshold(0.95, "of what the Bayes classifier gets right")
OF_EXACT = Threshold(0.95, "of the variance that the exact conditional mean explains")
EXPLAINED = Threshold(0.95, "of the exact score's square; InfoNCE's exact critic has 1")
MISSED = Threshold(0.05, "of the exact score's square; the score itself has 0")
ENERGY = Threshold(0.95, "1 is an energy of -log p up to a constant")
LOW_NEAR_DATA = Threshold(0.95, "1 is an energy of -log p, high outside and low near data")
NEIGHBOURS = Threshold(0.95, "1 has all neighbours of the plane, 0.5 is about chance")
SEPARATED = Threshold(0.5, "a reasonable structure by Kaufman and Rousseeuw's reading")
ORDERED = Threshold(0.95, "1 has each point of the reference's component below all others")
DEEP = Threshold(1, "half of the most that two cosines can differ")
SHALLOW = Threshold(0.2, "a tenth of the most that two cosines can differ")
GLOBAL = Threshold(0.5, "a large correlation by Cohen's convention")
SOME = Threshold(0.1, "a small correlation by Cohen's convention")
TELLING = 0.1  # of a coordinate's variance: with less, there is hardly anything to capture
AS_FAR_AGAIN = Threshold(2, "samples may lie as far again as exact ones do among themselves")

CONSTANT = "a constant map is the optimum of its loss"
FLAT = "its embeddings hardly differ in direction"
IN_PIECES = "as published its energy is linear in pieces, so that its slope is constant in each"
FAR = "its critic is the mutual information of two points, which falls with how far apart they are"
RELATIONS = "little of how the components lie to each other is kept"


def claims() -> list[Claim]:
    """All of them, in the document's order."""
    return [
        *contrastive(),
        *score_matching(),
        *score_geometry(),
        *variants(),
        *prediction(),
        *table_scores(),
        *table_structure(),
    ]


# What the bounds take from params.yaml


def shared(*methods: str) -> list[str]:
    """The recipes that all of these methods have. A method that is not in params.yaml sets no
    bounds: without it, its claims are not tested."""
    known = [set(recipes(name)) for name in methods if name in value("mixture.methods")]
    return [recipe for recipe in RECIPES if all(recipe in names for names in known)]


def choice(recipe: str, method: str) -> MixtureChoice:
    """The mixture that a method's recipe is trained on."""
    taken = method in value("mixture.methods")
    name = mixture_of(method, recipe) if taken else scalar("mixture.mixture", str)
    return section(f"mixture.mixtures.{name}", MixtureChoice)


def light(recipe: str, method: str) -> Threshold:
    smallest = min(choice(recipe, method).weights)
    return Threshold(smallest / 5, "a fifth of the smallest component's weight")


def collapse() -> Threshold:
    below = scalar("mixture.evaluation.collapsed", Fraction)
    return Threshold(below, "below it an embedding counts as collapsed")


def told(mixture: Mixture) -> tuple[str, ...]:
    """Coordinates of whose variance the exact conditional mean explains more than `TELLING`, as
    they are called in the measures."""
    x, _ = mixture.sample(10_000, np.random.default_rng(0))
    rest = [mixture.conditional_moments(x, i)[1].mean() for i in range(mixture.dimension)]
    explained = 1 - np.array(rest) / np.diagonal(mixture.covariance)
    return tuple(f"x{i}" for i in np.flatnonzero(explained > TELLING))


# What is measured of a method that was trained by a recipe


def measure(recipe: str, method: str, key: str, words: str) -> Measure:
    words = f"{words} of {method} {RECIPES[recipe]}"
    return Measure("mixture", method, f"{recipe}.{key}", words, recipe=recipe)


def measured(key: str, words: str) -> Callable[[str, str], Measure]:
    """The same of any recipe and method."""
    return lambda recipe, method: measure(recipe, method, key, words)


knn = measured("clusters.knn_of_bayes", "relative k-NN accuracy")
linear = measured("clusters.linear_of_bayes", "relative linear-probe accuracy")
silhouette = measured("clusters.silhouette", "silhouette")
trustworthiness = measured("structure.trustworthiness", "trustworthiness")
distances = measured("structure.distance_correlation", "distance correlation")
distances_across = measured(
    "structure.distance_correlation_across", "distance correlation across components"
)
well_order = measured("landscape.auroc", "well AUROC")
well_depth = measured("landscape.depth", "well depth")
roughness = measured("landscape.roughness", "roughness")
score_explained = measured(
    "landscape.score_explained",
    "share of the score, the noise between views taken off, in the landscapes",
)
spread = measured("collapse.spread", "spread")
fisher_error = measured("score.fisher_error", "Fisher error")
energy_correlation = measured("score.energy_correlation", "correlation with -log p of the energy")


def distance_from_exact(recipe: str, method: str, sampler: str) -> Measure:
    words = f"distance from exact samples of {sampler} chains"
    return measure(recipe, method, f"sampling.{sampler}.sliced_wasserstein", words)


def distance_between_exact(recipe: str, method: str) -> Measure:
    words = "distance of exact samples from each other"
    key = f"{recipe}.sampling.exact.sliced_wasserstein"
    return Measure("mixture", method, key, words, recipe=recipe)


def weight_error(recipe: str, method: str, sampler: str) -> Measure:
    words = f"weight error of {sampler} chains"
    return measure(recipe, method, f"sampling.{sampler}.weight_error", words)


def masked(recipe: str, coordinate: str) -> Condition:
    """The masked coordinate, `x0` or `x1`, is predicted as by the exact conditional mean."""
    words = COORDINATES[coordinate]
    found = measure(recipe, "jepa_masked", f"masked.r2.{coordinate}", f"R² of the masked {words}")
    key = f"{recipe}.masked.exact_r2.{coordinate}"
    exact = f"exact conditional mean's R² of {words}"
    return found > OF_EXACT * Measure("mixture", "jepa_masked", key, exact, recipe=recipe)


def stands(recipe: str, method: str) -> Condition:
    """The embedding has not collapsed."""
    return (spread(recipe, method) > collapse()).otherwise(CONSTANT)


def smooth(recipe: str, method: str) -> list[Condition]:
    """Slopes are even between clusters; nothing is asked where all of them have one mean."""
    apart = pdist(choice(recipe, method).means)
    if not apart.any():
        return []
    steepest = 1 / float(apart[apart > 0].min())
    why = "one even slope from a cluster's mean to the nearest"
    return [roughness(recipe, method) < Threshold(steepest, why)]


# The claims


def contrastive() -> list[Claim]:
    traits = Section("mixture", "1. Contrastive, key traits")
    outcome = Section("mixture", "1. Contrastive, outcome")
    name = "contrastive"
    both = shared(name)
    return [
        traits.claim(
            "contrastive-local",
            "Contrastive training encourages local structure awareness",
            *(trustworthiness(recipe, name) > NEIGHBOURS for recipe in both),
        ),
        traits.claim(
            "contrastive-clusters",
            "Contrastive training is effective at separating clusters",
            *(knn(recipe, name) > OF_BAYES for recipe in both),
            *(linear(recipe, name) > OF_BAYES for recipe in both),
        ),
        outcome.claim(
            "contrastive-separated",
            "Contrastive training learned well-separated embeddings for different clusters",
            *(silhouette(recipe, name) > SEPARATED for recipe in both),
        ),
        outcome.claim(
            "contrastive-wells",
            "Contrastive training makes strong energy wells around data points",
            *(well_order(recipe, name) > ORDERED for recipe in both),
            *(well_depth(recipe, name) > DEEP for recipe in both),
        ),
        outcome.claim(
            "contrastive-batches",
            "Contrastive loss required careful batch construction",
            *(
                (silhouette(recipe, name) < SEPARATED).otherwise(
                    "its batches are random draws, made with no care, and the clusters separate"
                )
                for recipe in both
            ),
        ),
    ]


def learned(recipes: list[str]) -> list[Condition]:
    """The score, by these recipes."""
    return [as_drawn(fisher_error(recipe, "dsm") < MISSED, recipe) for recipe in recipes]


def as_drawn(condition: Condition, recipe: str) -> Condition:
    """With why the published network fails, where it does."""
    return condition.otherwise(IN_PIECES) if recipe == PUBLISHED else condition


def score_matching() -> list[Claim]:
    """What DSM's score and energy are said to be, and to be good for."""
    traits = Section("mixture", "2. DSM, key traits and summary table")
    outcome = Section("mixture", "2. DSM, outcome")
    both = shared("dsm")
    chains = [(recipe, name) for recipe in both for name in ("unadjusted", "adjusted")]
    return [
        traits.claim(
            "dsm-no-pairs",
            "DSM trains without contrastive or positive/negative pairs",
            untested="That is the definition of its loss, not an outcome.",
        ),
        traits.claim(
            "dsm-score",
            "DSM approximates the score function of the data",
            *learned(both),
        ),
        traits.claim(
            "dsm-sampling",
            "DSM enables sampling by Langevin dynamics",
            *(
                as_drawn(weight_error(recipe, "dsm", name) < light(recipe, "dsm"), recipe)
                for recipe, name in chains
            ),
            *(
                as_drawn(
                    distance_from_exact(recipe, "dsm", name)
                    < AS_FAR_AGAIN * distance_between_exact(recipe, "dsm"),
                    recipe,
                )
                for recipe, name in chains
            ),
        ),
        outcome.claim(
            "dsm-towards-clusters",
            "The DSM model learned to point toward data clusters",
            *learned(both),
            *(as_drawn(energy_correlation(recipe, "dsm") > ENERGY, recipe) for recipe in both),
        ),
        outcome.claim(
            "dsm-sign",
            "DSM's energy can be high outside and low near data",
            *(
                as_drawn(energy_correlation(recipe, "dsm") > LOW_NEAR_DATA, recipe)
                for recipe in both
            ),
        ),
        outcome.claim(
            "dsm-other-sign",
            "Or vice versa: DSM's energy can be low outside and high near data",
            untested="Its slope is minus the score by definition; the other sign is a convention.",
        ),
    ]


def score_geometry() -> list[Claim]:
    """How far what DSM learns is said to reach."""
    both = shared("dsm")
    return [
        Section("mixture", "2. DSM, outcome").claim(
            "dsm-range",
            "DSM captures local structure and partially long-range geometry",
            *learned(both),
            *(
                as_drawn(weight_error(recipe, "dsm", "unadjusted") < light(recipe, "dsm"), recipe)
                for recipe in both
            ),
        ),
        Section("mixture", "Summary table").claim(
            "dsm-local-only",
            "DSM learns local structure only, no global one",
            *learned(both),
            *(
                (weight_error(recipe, "dsm", "unadjusted") > light(recipe, "dsm")).otherwise(
                    "the relative depths of its wells are right, so that chains from a wide start "
                    "fill every component by its weight"
                )
                for recipe in both
            ),
        ),
    ]


def variants() -> list[Claim]:
    """What is said of single JEPA variants."""
    traits = Section("mixture", "3. JEPA, key traits")
    pairwise, both = shared("jepa_pairwise"), shared("jepa_masked")
    dependencies = [
        masked(recipe, coordinate)
        for recipe in both
        for coordinate in told(choice(recipe, "jepa_masked").mixture())
    ]
    return [
        Section("mixture", "3b. Global pairwise JEPA").claim(
            "pairwise-non-local",
            "Pairwise JEPA learns a non-local similarity structure",
            *(
                (distances_across(recipe, "jepa_pairwise") > GLOBAL).otherwise(
                    "it pulls every point to every other one"
                )
                for recipe in pairwise
            ),
        ),
        Section("mixture", "3. JEPA, key traits and summary table").claim(
            "pairwise-global",
            "Pairwise JEPA promotes learning of the global geometry",
            *(stands(recipe, "jepa_pairwise") for recipe in pairwise),
            *(distances(recipe, "jepa_pairwise") > GLOBAL for recipe in pairwise),
        ),
        traits.claim(
            "ema-avoids-collapse",
            "EMA improves stability and avoids collapse",
            *(stands(recipe, "jepa_ema") for recipe in shared("jepa_ema")),
            *(
                spread(recipe, "jepa_ema") > spread(recipe, "jepa")
                for recipe in shared("jepa_ema", "jepa")
            ),
        ),
        traits.claim(
            "masked-conditional",
            "Masked JEPA encourages conditional modeling",
            *(
                measure(recipe, "jepa_masked", "masked.of_exact", "relative pooled R²") > OF_EXACT
                for recipe in both
            ),
        ),
        Section("mixture", "3. JEPA, outcome").claim(
            "masked-dependencies",
            "The masked variant captured conditional dependencies",
            *dependencies,
            untested="" if dependencies else "No coordinate says much of the other.",
        ),
    ]


def prediction() -> list[Claim]:
    """What is said of all JEPA variants together."""
    outcome = Section("mixture", "3. JEPA, outcome")
    names = ("jepa", "jepa_pairwise", "jepa_masked", "jepa_ema")
    both = shared(*names)
    every = [(recipe, name) for recipe in both for name in names]
    return [
        Section("mixture", "3. JEPA, key traits").claim(
            "jepa-no-contrast",
            "JEPA needs no contrastive terms",
            *(stands(*one) for one in every),
        ),
        outcome.claim(
            "jepa-smooth",
            "JEPA learned smooth, local or global energy structures",
            *chain.from_iterable(smooth(*one) for one in every),
            *((well_depth(*one) > SHALLOW).otherwise(FLAT) for one in every),
        ),
        outcome.claim(
            "jepa-less-collapse",
            "There is less collapse with JEPA, especially with EMA",
            *(stands(recipe, name) for recipe in both for name in ("jepa", "jepa_pairwise")),
            *(
                spread(recipe, "jepa_ema") > spread(recipe, name)
                for recipe in both
                for name in ("jepa", "jepa_pairwise")
            ),
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
    no_score = {
        name: [score_explained(recipe, name) < EXPLAINED for recipe in shared(name)]
        for name in rows
    }
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
                *no_score[name],
            )
            for name, row in rows.items()
        ),
        table.claim(
            "table-sampling",
            "No sampling from the four joint-embedding methods, for want of the score",
            *chain.from_iterable(no_score.values()),
        ),
    ]


def table_structure() -> list[Claim]:
    """The summary table's column on global structure; DSM and pairwise JEPA are above."""
    table = Section("mixture", "Summary table")
    both = {name: shared(name) for name in ("contrastive", "jepa_masked", "jepa_ema")}
    return [
        table.claim(
            "table-global-contrastive",
            "Contrastive JEA learns local structure only, no global one",
            *(
                trustworthiness(recipe, "contrastive") > NEIGHBOURS
                for recipe in both["contrastive"]
            ),
            *(
                (distances_across(recipe, "contrastive") < GLOBAL).otherwise(FAR)
                for recipe in both["contrastive"]
            ),
        ),
        table.claim(
            "table-global-masked",
            "Masked JEPA has some global awareness",
            *(distances(recipe, "jepa_masked") > GLOBAL for recipe in both["jepa_masked"]),
            *(
                (distances_across(recipe, "jepa_masked") > SOME).otherwise(RELATIONS)
                for recipe in both["jepa_masked"]
            ),
        ),
        table.claim(
            "table-global-ema",
            "JEPA + EMA is stable and learns non-local structure",
            *(stands(recipe, "jepa_ema") for recipe in both["jepa_ema"]),
            *(distances(recipe, "jepa_ema") > GLOBAL for recipe in both["jepa_ema"]),
            *(
                (distances_across(recipe, "jepa_ema") > GLOBAL).otherwise(RELATIONS)
                for recipe in both["jepa_ema"]
            ),
        ),
    ]
