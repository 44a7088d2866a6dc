"""The claims of a paper about this world: its four theorems, held against what is learned, and what
its experiments are said to show.

The theorems are about optima. What is asked here is whether training comes as near to them as they
promise, in every seed.
"""

from jepatlas.common.base.parameters import section
from jepatlas.common.reporting.rules import Claim, Measure, Section, Source, Threshold
from jepatlas.hidden_causes.truth.parameters import Grid, Shapes
from jepatlas.hidden_causes.truth.worlds import GAUSSIAN, number

PAPER = Source("Klindt, LeCun and Balestriero 2026", "https://arxiv.org/abs/2605.26379")
TRACK = "hidden_causes"

RECOVERED = Threshold(0.99, "all but a hundredth of the latents' variance; 1 is all of it")
ROTATED = Threshold(0.01, "a hundredth of the variance; 0 is a rotation")
LINEAR = Threshold(0.99, "all but a hundredth of the variance; 1 is a linear map")
KEPT = Threshold(0, "an error above its bound breaks the theorem")
ALL = Threshold(1, "what a linear map of the latents has")
ARRIVED = Threshold(0.95, "19 plans of 20; 1 is all of them")
SHORT = Threshold(1.05, "a twentieth longer than the shortest path")

OPTIMA = {"eigenfunctions": "the best white outputs", "gaussianised": "the best Gaussian outputs"}
# What the bound is asked of: those the paper is about, and those it compares them with.
BOUNDED = ("lejepa", "whitening", "vicreg", "contrastive_gaussian")
NEAR = "of shapes near the Gaussian the optimum has nearly all too, and training loses more"
CAUGHT = "layers of few numbers are caught in local optima, and the fewer they have the oftener"
SQUARED = (
    "its second output is a square of the first latent, which shows more than the second latent"
)


def claims() -> list[Claim]:
    """All of them, in the paper's order."""
    shapes = section("hidden_causes.worlds.shapes", Shapes)
    grid = section("hidden_causes.worlds.grid", Grid)
    return [*recovery(), *uniqueness(shapes), *approximation(grid), *planning(), *experiments()]


# What is measured


def measure(method: str, key: str, words: str, axis: str = "") -> Measure:
    return Measure(TRACK, method, key, f"{words} of {method}", axis, lacking=untrained(method, key))


def untrained(method: str, key: str) -> str:
    """Why a run may be without a measure."""
    return f"{method} is not trained in the worlds {key.partition('.')[0]}"


def behind_mixings(method: str, key: str, words: str) -> Measure:
    """At each of the mixings of two Gaussian latents."""
    return measure(method, f"mixings.*.{key}", f"{words} at {{}}", "mixing")


# The claims


def recovery() -> list[Claim]:
    theorem = Section(TRACK, "Theorem 1", PAPER)
    recovered = behind_mixings("lejepa", "r2", "R²").of_seeds("lowest") > RECOVERED
    rotated = behind_mixings("lejepa", "procrustes", "Procrustes error").of_seeds("highest")
    linear = behind_mixings("lejepa", "degree.1", "share of degree 1").of_seeds("lowest")
    return [
        theorem.claim(
            "hidden-linear",
            "LeJEPA recovers Gaussian latents up to a linear map, whatever mixes them",
            recovered,
        ),
        theorem.claim(
            "hidden-rotation",
            "What is left between LeJEPA's embedding and Gaussian latents is a rotation",
            rotated < ROTATED,
        ),
        theorem.claim(
            "hidden-degrees",
            "Alignment penalises every degree of nonlinearity, so that none stays",
            linear > LINEAR,
        ),
    ]


def uniqueness(shapes: Shapes) -> list[Claim]:
    """Where no other shape, or not the Gaussian, is among the worlds, nothing can be compared."""
    others = [alpha for alpha in shapes.alphas if alpha != GAUSSIAN]
    untested = ""
    if not others or GAUSSIAN not in shapes.alphas:
        others, untested = [], "params.yaml has not both Gaussian latents and others."

    def at(method: str, alpha: float) -> Measure:
        words = f"R² at alpha = {alpha:g} of {OPTIMA.get(method, method)}"
        key = f"shapes.{number(alpha)}.r2"
        return Measure(TRACK, method, key, words, lacking=untrained(method, key))

    return [
        Section(TRACK, "Theorem 2", PAPER).claim(
            "hidden-unique",
            "The Gaussian is the only distribution whose latents are recovered up to a linear map",
            *(at(name, alpha) < ALL for name in OPTIMA for alpha in others),
            untested=untested,
        ),
        Section(TRACK, "Theorem 2, distributional ablation", PAPER).claim(
            "hidden-peak",
            "LeJEPA recovers less of latents of any other shape: recovery peaks at the Gaussian",
            *((at("lejepa", alpha) < at("lejepa", GAUSSIAN)).otherwise(NEAR) for alpha in others),
            untested=untested,
        ),
    ]


def approximation(grid: Grid) -> list[Claim]:
    slack = [behind_mixings(name, "slack", "slack of the bound") for name in BOUNDED]
    for trade_off in grid.trade_offs:
        words = f"slack of the bound at trade-off {trade_off:g}, {{}}"
        slack.append(measure("lejepa", f"grid.{number(trade_off)}.*.slack", words, "rho"))
    return [
        Section(TRACK, "Theorem 3, bound verification", PAPER).claim(
            "hidden-bound",
            "The distance from a rotation stays below a bound by what alignment and whitening lack",
            *(one.of_seeds("lowest") > KEPT for one in slack),
        ),
    ]


def planning() -> list[Claim]:
    arrived = behind_mixings("lejepa", "planning.arrived", "share of plans that arrive")
    ratio = behind_mixings("lejepa", "planning.ratio", "length of plans over the shortest")
    seen = behind_mixings("observation", "planning.ratio", "length of plans over the shortest")
    return [
        Section(TRACK, "Theorem 4", PAPER).claim(
            "hidden-planning",
            "In an embedding that recovers the latents plans are as good as in the latents",
            arrived > ARRIVED,
            ratio < SHORT,
            ratio < seen,
        ),
    ]


def experiments() -> list[Claim]:
    scaling = Section(TRACK, "Scaling to high dimensions", PAPER)
    sizes = measure("whitening", "dimensions.*.r2", "R² at {}", "n")
    white = behind_mixings("whitening", "r2", "R²").of_seeds("lowest")
    return [
        scaling.claim(
            "hidden-scaling",
            "Recovery keeps up as the latents grow in number, behind coupling layers",
            (sizes.of_seeds("lowest") > RECOVERED).otherwise(CAUGHT),
        ),
        scaling.claim(
            "hidden-white",
            "Second moments do: alignment and whitened embeddings recover what SIGReg does",
            white > RECOVERED,
        ),
        scaling.claim(
            "hidden-infonce",
            "InfoNCE with a Gaussian kernel recovers less than alignment with SIGReg",
            behind_mixings("contrastive_gaussian", "r2", "R²")
            < behind_mixings("lejepa", "r2", "R²"),
        ),
        Section(TRACK, "Latent-space planning on pixels", PAPER).claim(
            "hidden-pixels",
            "The latents of a jointed arm are recovered from its pictures",
            (
                measure("whitening", "arm.r2", "R² at the arm").of_seeds("lowest") > RECOVERED
            ).otherwise(SQUARED),
        ),
    ]
