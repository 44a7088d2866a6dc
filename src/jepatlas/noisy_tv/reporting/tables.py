"""The noisy TV's tables in the documents: who finds the signal, and how sure they may be."""

from jepatlas.common.base.parameters import NonNegative, scalar, section
from jepatlas.common.measuring.measures import Measures
from jepatlas.common.reporting.tables import interval, known, markdown, measured, scatter
from jepatlas.noisy_tv.truth.parameters import PartiallyObserved, Sweep, in_name

LIMIT, LIMITS_NAME = "kalman", "Kalman filter"
SHOWN = (0, 4, 8, 10)  # noise scales of the table, where they are measured
STEERED = {"lqg": "exact LQG", "no_input": "no input", "random_input": "random inputs"}
UNCERTAINTY = {
    "50 % intervals": "coverage_50",
    "90 % intervals": "coverage_90",
    "95 % intervals": "coverage_95",
    "negative log-likelihood, nats per dimension": "nll",
}


def tables() -> dict[str, str]:
    """The Markdown of each table by its name."""
    methods, measures = measured("noisy_tv")
    scales = section("noisy_tv.sweep", Sweep).scales
    drawn = scalar("noisy_tv.evaluation.drawn_scale", NonNegative)
    return {
        "noisy tv": accuracy(methods, measures, [s for s in scales if s in SHOWN] or list(scales)),
        "noisy tv horizons": by_horizon(methods, measures, drawn),
        "noisy tv partially observed": partially_observed(methods, measures, drawn),
        "noisy tv control": control(methods, measures, drawn),
        "noisy tv uncertainty": uncertainty(methods, measures, drawn),
    }


def accuracy(methods: list[str], measures: Measures, scales: list[float]) -> str:
    """R² by both recipes: as published with its scatter over the seeds, else the mean."""
    rows = []
    for name in [LIMIT, *methods]:
        published = [measures.get(name, f"as_published.r2.{in_name(scale)}") for scale in scales]
        default = [measures.get(name, f"default.r2.{in_name(scale)}") for scale in scales]
        numbers = [*map(scatter, published), *(f"{found.mean:.3f}" for found in default)]
        rows.append([label(name), *numbers, least_share(measures, name)])
    columns = [
        f"{recipe}, σ = {scale:g}" for recipe in ("as published", "default") for scale in scales
    ]
    return markdown(["model", *columns, "least share of the limit"], rows)


def least_share(measures: Measures, name: str, setting: str = "default") -> str:
    """Of the limit's R², at any seed and any noise scale, by the default recipe."""
    if name == LIMIT:
        return "1"
    place = f"{setting}.r2_of_limit"
    shares = (measures.get(name, f"{place}.{scale}") for scale in measures.below(name, place))
    return f"{min(share.min for share in shares):.4f}"


def by_horizon(methods: list[str], measures: Measures, scale: float) -> str:
    """R² of what can be iterated, by the default recipe, at one noise scale; and its share of the
    filter's at the last horizon, member by member."""
    horizons = sorted(map(int, measures.below(LIMIT, "default.rollout")))
    share = f"default.rollout_of_limit.{horizons[-1]}"
    rows = (
        [
            label(name),
            *(interval(measures.get(name, f"default.rollout.{h}")) for h in horizons),
            "1" if name == LIMIT else known(measures, name, share),
        ]
        for name in [LIMIT, *methods]
        if measures.has(name, f"default.rollout.{horizons[0]}")
    )
    columns = [f"{h} steps ahead" if h > 1 else "1 step ahead" for h in horizons]
    share_of_limit = f"share of the limit, {columns[-1]}"
    return markdown([f"σ = {scale:g}, default recipe", *columns, share_of_limit], rows)


def partially_observed(methods: list[str], measures: Measures, scale: float) -> str:
    """R² in the systems where one frame does not show the state, and the least share of the limit
    at any seed and noise scale."""
    systems = list(section("noisy_tv.partially_observed", PartiallyObserved).systems)
    rows = [
        [
            label(name),
            *(interval(measures.get(name, f"{system}.r2.{in_name(scale)}")) for system in systems),
            *(least_share(measures, name, system) for system in systems),
        ]
        for name in [LIMIT, *methods]
    ]
    titles = [system.replace("_", " ") for system in systems]
    shares = [f"{title}: least share of the limit" for title in titles]
    return markdown([f"σ = {scale:g}, default recipe", *titles, *shares], rows)


def control(methods: list[str], measures: Measures, scale: float) -> str:
    """Regrets by the default recipe: told what counts, by the distance of latents, and with goal
    experts, at one noise scale; and in the systems where one frame does not show the state."""
    systems = list(section("noisy_tv.partially_observed", PartiallyObserved).systems)
    columns = {
        "told what counts": "default.regret",
        "distance of latents": "default.regret_latent",
        "goal experts, all steps": "default.regret_goal",
        "goal expert, next step": "default.regret_goal_next",
        **{f"{name.replace('_', ' ')}, told what counts": f"{name}.regret" for name in systems},
    }
    rows = (
        [
            STEERED.get(name, label(name)),
            *(known(measures, name, f"{place}.{in_name(scale)}") for place in columns.values()),
        ]
        for name in [*STEERED, *methods]
    )
    return markdown([f"σ = {scale:g}, default recipe: regret", *columns], rows)


def uncertainty(methods: list[str], measures: Measures, scale: float) -> str:
    """Of the models that have beliefs."""
    sure = [name for name in methods if measures.has(name, f"default.coverage_90.{in_name(scale)}")]
    rows = (
        [
            label(name),
            *(
                interval(measures.get(name, f"default.{measure}.{in_name(scale)}"))
                for measure in UNCERTAINTY.values()
            ),
        ]
        for name in [*sure, LIMIT]
    )
    return markdown([f"σ = {scale:g}, default recipe", *UNCERTAINTY], rows)


def label(name: str) -> str:
    return LIMITS_NAME if name == LIMIT else f"`{name}`"
