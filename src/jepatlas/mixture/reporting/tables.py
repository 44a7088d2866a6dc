"""The mixture's tables in the documents: by what a method has learned, one for each kind."""

from dataclasses import replace

from jepatlas.common.measuring.measures import Measures
from jepatlas.common.reporting.tables import interval, known, markdown, measured
from jepatlas.mixture.truth.recipes import DEFAULT, PUBLISHED

COORDINATES = {"x0": "x₁", "x1": "x₂"}  # in measures: for people

# Heading of a column: the measure.
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
OPTIMUM = {
    "regret": "optimum.regret",
    "loss": "optimum.loss",
    "loss, exact": "optimum.exact_loss",
    "landscape": "optimum.landscape.trained",
    "landscape, untrained": "optimum.landscape.untrained",
    "landscape, distance": "optimum.landscape.distance",
    "bound, nats": "optimum.bound",
    "bound, exact": "optimum.bound_exact",
    "information": "optimum.information",
}
REGRET = {
    "regret": "optimum.regret",
    "loss": "optimum.loss",
    "loss, exact": "optimum.exact_loss",
    "loss, constant": "optimum.constant_loss",
}
SPECTRUM = {
    "captured": "spectrum.trained.captured",
    "captured, untrained": "spectrum.untrained.captured",
    "PMI": "information.trained",
    "PMI, untrained": "information.untrained",
    "PMI, distance": "information.distance",
    "score": "landscape.score_explained",
    "score, noise alone": "landscape.score_chance",
    "score, exact critic": "landscape.score_exact",
    "JEPA-SCORE": "structure.jepa_score",
}
SCORE = {
    "Fisher error": "score.fisher_error",
    "corr(E, -log p)": "score.energy_correlation",
    "corr, distance": "score.energy_correlation_distance",
    "weight error, ULA": "sampling.unadjusted.weight_error",
    "weight error, MALA": "sampling.adjusted.weight_error",
    "weight error, exact": "sampling.exact.weight_error",
}
DISTANCE = {
    "SW / exact, ULA": "sampling.unadjusted.of_exact",
    "SW / exact, MALA": "sampling.adjusted.of_exact",
}


def tables() -> dict[str, str]:
    """The Markdown of each table by its name."""
    methods, every = measured("mixture")
    measures, published = of_recipe(DEFAULT, every), of_recipe(PUBLISHED, every)
    exact = having("optimum.regret", methods, measures)
    seen = having("optimum.landscape.trained", methods, measures)  # whose optimum is an embedding
    return {
        "mixture embeddings": embeddings(having("landscape.auroc", methods, measures), measures),
        "mixture embeddings as published": embeddings(
            having("landscape.auroc", methods, published), published
        ),
        "mixture optima": of(OPTIMUM, seen, measures),
        "mixture regrets": of(REGRET, [name for name in exact if name not in seen], measures),
        "mixture spectra": of(SPECTRUM, having("landscape.auroc", methods, measures), measures),
        "mixture scores": scores(having("score.fisher_error", methods, measures), measures),
        "mixture scores as published": scores(
            having("score.fisher_error", methods, published), published
        ),
        "mixture masked": masked(having("masked.of_exact", methods, measures), measures),
    }


def of_recipe(recipe: str, measures: Measures) -> Measures:
    """The measures of one recipe, by their names without it."""
    start = f"{recipe}."
    rows = {
        (method, name.removeprefix(start)): found
        for (method, name), found in measures.rows.items()
        if name.startswith(start)
    }
    return replace(measures, rows=rows)


def having(measure: str, methods: list[str], measures: Measures) -> list[str]:
    """The methods that the measure is taken of."""
    return [name for name in methods if measures.has(name, measure)]


def embeddings(methods: list[str], measures: Measures) -> str:
    rows = (
        [
            f"`{name}`",
            *(interval(measures.get(name, measure)) for measure in EMBEDDING.values()),
            collapse(measures, name),
        ]
        for name in methods
    )
    return markdown(["method", *EMBEDDING, "collapsed at step"], rows)


def of(columns: dict[str, str], methods: list[str], measures: Measures) -> str:
    """A column for each measure; empty for a method that it is not taken of."""
    rows = (
        [f"`{name}`", *(known(measures, name, measure) for measure in columns.values())]
        for name in methods
    )
    return markdown(["method", *columns], rows)


def collapse(measures: Measures, name: str) -> str:
    """When all members collapsed; where only some did, how many."""
    members = measures.get(name, "collapse.members_collapsed").mean
    step = measures.get(name, "collapse.step")
    if not members:
        return "never"
    if step.mean != step.mean:  # NaN: some have not
        return f"{members:.0f} members"
    return f"{step.mean:.0f} ± {step.ci95:.0f}"


def scores(methods: list[str], measures: Measures) -> str:
    rows = (
        [
            f"`{name}`",
            *(interval(measures.get(name, measure)) for measure in SCORE.values()),
            *(f"{measures.get(name, measure).mean:.2f}" for measure in DISTANCE.values()),
        ]
        for name in methods
    )
    return markdown(["method", *SCORE, *DISTANCE], rows)


def masked(methods: list[str], measures: Measures) -> str:
    """What is read of either coordinate, beside what the exact conditional mean explains."""
    others = reversed(COORDINATES.values())
    pairs = zip(COORDINATES.items(), others, strict=True)
    columns = {x: f"R² of {own} from {other}" for (x, own), other in pairs}
    heading = [words for column in columns.values() for words in (column, "exact")]
    rows = []
    for name in methods:
        cells = []
        for x in columns:
            exact = measures.get(name, f"masked.exact_r2.{x}")
            cells += [interval(measures.get(name, f"masked.r2.{x}")), f"{exact.mean:.3f}"]
        rows.append([f"`{name}`", *cells, interval(measures.get(name, "masked.of_exact"))])
    return markdown(["method", *heading, "of exact, pooled"], rows)
