"""What a trained method is asked, by what it has learned: an embedding, or a score."""

import torch
from torch import nn

from jepatlas.common.learning.trained import Trained, restore
from jepatlas.mixture.learning.method import Base, Embedding, ScoreMatching
from jepatlas.mixture.measuring.centring import encoders
from jepatlas.mixture.measuring.embeddings import Arrays, Metrics, evaluate_embedding
from jepatlas.mixture.measuring.fields import embedding_fields, energy_fields
from jepatlas.mixture.measuring.points import Settings, stacked
from jepatlas.mixture.measuring.scores import evaluate_score
from jepatlas.mixture.truth.world import World

HEADLINES = {  # names that DVC shows: measures
    "auroc": "landscape.auroc",
    "depth": "landscape.depth",
    "spread": "collapse.spread",
    "knn": "clusters.knn_of_bayes",
    "fisher_error": "score.fisher_error",
    "energy_correlation": "score.energy_correlation",
    "langevin": "sampling.unadjusted.of_exact",
}


@torch.no_grad()
def evaluate(
    method: Base, networks: nn.ModuleDict, trained: Trained, world: World, settings: Settings
) -> tuple[Metrics, Arrays]:
    """Everything that is measured of a method, nested and summarised over members, and the arrays
    that figures, tables and the page are drawn from (of the first member, where one is enough)."""
    restore(networks, trained.final)
    measured: Metrics = {}
    drawn: Arrays = {"steps": trained.steps.numpy(), "losses": trained.curves["loss"].numpy()}
    if isinstance(method, Embedding):
        pair = encoders(method, networks, stacked(world.probe, settings))
        snapshots = trained.snapshots
        measured, arrays = evaluate_embedding(method, pair, networks, snapshots, world, settings)
        drawn |= arrays
        drawn |= embedding_fields(pair, networks, snapshots, settings)
    if isinstance(method, ScoreMatching):
        measured, arrays = evaluate_score(method, networks, world, settings)
        drawn |= arrays
        drawn |= energy_fields(method, networks, trained.snapshots, settings)
    return measured, drawn
