"""A model beside the limits: accuracy one step and many steps ahead, calibration, transfer."""

import numpy as np

from jepatlas.noisy_tv.measuring.information import information_of_most
from jepatlas.noisy_tv.measuring.latents import Forecast
from jepatlas.noisy_tv.measuring.measure import (
    StateBelief,
    Truth,
    experts,
    fusion,
    limit_rollout,
    read_out,
    rollout,
    scores,
)
from jepatlas.noisy_tv.measuring.parameters import Evaluation, Transfer
from jepatlas.noisy_tv.measuring.results import Results
from jepatlas.noisy_tv.truth.parameters import in_name

TRANSFERRED = "default"  # the recipe in which prior experts are exchanged


def evaluate(
    name: str,
    recipe: str,
    truth: Truth,
    forecast: Forecast,
    evaluation: Evaluation,
    transfer: Transfer,
) -> Results:
    """Everything that is measured of the model `name` trained by a recipe."""
    results = Results(recipe, truth, evaluation)
    for measure, values in scores(truth, forecast).items():
        results.note(name, measure, values)
    results.note_measure(name, "information_of_most", information_of_most(truth, forecast))
    found = rollout(truth, forecast)
    limits = limit_rollout(truth, list(found))
    for horizon, values in found.items():
        results.note_drawn(name, "rollout", str(horizon), values)
        # What chance has put into the test part is in both, and a share has hardly any of it.
        results.note_drawn(name, "rollout_of_limit", str(horizon), values / limits[horizon])
        results.tabulate("rollout", values, model=name, horizon=horizon)
    read = read_out(truth, forecast.train, forecast.lead)
    results.draw(name, read(forecast.test[forecast.lead]))
    if forecast.belief is not None:
        belief = StateBelief.read(truth, forecast, forecast.belief)
        results.note_calibration(name, belief)
        variance = belief.covariance[results.shown].diagonal(axis1=1, axis2=2)
        results.drawn[f"{name}_std"] = np.sqrt(variance)
    if forecast.dynamics is not None and recipe == TRANSFERRED:
        exchange_experts(results, name, forecast, transfer)
    return results


def exchange_experts(results: Results, name: str, forecast: Forecast, transfer: Transfer) -> None:
    """Measure a model's dynamics with each expert in the place of its prior expert."""
    assert forecast.dynamics is not None
    truth = results.truth
    belief = StateBelief.read(truth, forecast, forecast.dynamics)
    for expert, knows in experts(truth, transfer).items():
        for measure, values in fusion(truth, knows, belief).items():
            results.note_drawn(name, expert, measure, values)
            results.tabulate("transfer", values, model=name, expert=expert, measure=measure)


def headlines(name: str, recipes: dict[str, Results]) -> dict[str, dict[str, float]]:
    """By recipe: R^2 at the drawn scale and the least share of the limit over all scales, means
    over seeds; of models that have beliefs, how much their 90 % intervals cover."""
    found = {}
    for recipe, results in recipes.items():
        measured, scale = results.measures[name], in_name(results.evaluation.drawn_scale)
        found[recipe] = {
            "r2": measured["r2"][scale]["mean"],
            "share_of_limit": min(one["mean"] for one in measured["r2_of_limit"].values()),
        }
        if "coverage_90" in measured:
            found[recipe]["coverage_90"] = measured["coverage_90"][scale]["mean"]
    return found
