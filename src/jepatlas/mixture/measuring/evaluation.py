"""What a trained method is asked, by what it has learned: an embedding, or a score."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from jepatlas.common.learning.family import families
from jepatlas.common.learning.trained import Trained, restore
from jepatlas.common.measuring import measures
from jepatlas.mixture.learning.method import Base, Embedding, ScoreMatching
from jepatlas.mixture.measuring.centring import encoders
from jepatlas.mixture.measuring.embeddings import evaluate_embedding, tour_landscapes
from jepatlas.mixture.measuring.fields import embedding_fields, energy_fields, every_member
from jepatlas.mixture.measuring.optima import evaluate_optimum
from jepatlas.mixture.measuring.points import Settings, alone, of_members
from jepatlas.mixture.measuring.prediction_regret import evaluate_prediction_regret
from jepatlas.mixture.measuring.results import Arrays, Metrics
from jepatlas.mixture.measuring.score_regret import evaluate_score_regret
from jepatlas.mixture.measuring.scores import evaluate_score
from jepatlas.mixture.truth.recipes import DEFAULT, PUBLISHED
from jepatlas.mixture.truth.world import World

DOTS = 300  # held-out points, of the first member, that pictures show
HEADLINES = {  # names that DVC shows: measures
    "auroc": "landscape.auroc",
    "spread": "collapse.spread",
    "regret": "optimum.regret",
    "knn": "clusters.knn_of_bayes",
    "fisher_error": "score.fisher_error",
    "langevin": "sampling.unadjusted.of_exact",
}
OF_PUBLISHED = {  # what is shown as published too, by the family of the objective: what claims use
    "contrastive": "auroc",
    "prediction": "spread",
    "score_matching": "fisher_error",
}


@torch.no_grad()
def evaluate(
    method: Base, networks: nn.ModuleDict, trained: Trained, world: World, settings: Settings
) -> tuple[Metrics, Arrays]:
    """Everything that is measured of a method, nested and summarised over members, and the arrays
    that figures and tables are drawn from (of the first member, where one is enough)."""
    restore(networks, trained.final, trained.source)
    measured: Metrics = {}
    drawn: Arrays = {
        "points": world.test[0, :DOTS],
        "steps": trained.steps.numpy(),
        "losses": trained.curves["loss"].numpy(),
    }
    regret: Metrics = {}  # of the kinds of methods that have no optimum in `optima`
    if isinstance(method, Embedding):
        pair = encoders(method, networks, of_members(world.probe, settings))
        snapshots = trained.snapshots
        measured, arrays = evaluate_embedding(method, pair, networks, snapshots, world, settings)
        drawn |= arrays
        if method.noisy_views == "one":  # optima are known of such pairs
            found, arrays = evaluate_optimum(method, pair, networks, snapshots, world, settings)
            measured |= found
            drawn |= arrays
            restore(networks, trained.final)
            regret = evaluate_prediction_regret(method, networks, world, settings)
    if isinstance(method, ScoreMatching):
        measured, arrays = evaluate_score(method, networks, world, settings)
        regret = evaluate_score_regret(method, networks, world, settings)
        drawn |= arrays
    if regret:
        measured["optimum"] = regret
    return measured, drawn


@torch.no_grad()
def through_training(
    method: Base, networks: nn.ModuleDict, trained: Trained, world: World, settings: Settings
) -> Arrays:
    """What animations and the page are drawn from: of all members, landscapes at the end; of the
    first, if an embedding, landscapes from a tour past all components; and its fields over the
    plane at moments of the training."""
    drawn: Arrays = {}
    if isinstance(method, Embedding | ScoreMatching):
        restore(networks, trained.final)
        probe, start = of_members(world.probe, settings), world.mixture.means[:1]
        drawn |= every_member(method, networks, probe, start, settings)
    networks, trained, settings = (
        alone(networks, 0),
        of_first(trained),
        replace(settings, members=1),
    )
    if isinstance(method, Embedding):
        probe = of_members(world.probe, settings)
        restore(networks, trained.final)
        drawn |= tour_landscapes(encoders(method, networks, probe), world.mixture, settings)
        drawn |= embedding_fields(method, networks, trained.snapshots, probe, settings)
    if isinstance(method, ScoreMatching):
        drawn |= energy_fields(method, networks, trained.snapshots, settings)
    return drawn


def of_first(trained: Trained) -> Trained:
    """What its networks were at the end of training and on the way."""

    def rows(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: tensor[:1] for name, tensor in tensors.items()}

    snapshots = {step: rows(tensors) for step, tensors in trained.snapshots.items()}
    return replace(trained, final=rows(trained.final), snapshots=snapshots)


def headlines(method: Base, measured: pd.DataFrame) -> dict[str, Any]:
    """The means that DVC shows: of the default recipe by their names, and below the name of the
    other recipe what is shown of that.

    measured: the method's table, where the names of measures begin with that of the recipe.
    """

    def of(recipe: str, names: Iterable[str]) -> dict[str, float]:
        wanted = {name: f"{recipe}.{HEADLINES[name]}" for name in names}
        return measures.headlines(measured, wanted)

    shown = [OF_PUBLISHED[family] for family in families(type(method)) if family in OF_PUBLISHED]
    published = of(PUBLISHED, shown)
    return {**of(DEFAULT, HEADLINES), **({PUBLISHED: published} if published else {})}
