"""All models of a recipe beside the limits: metrics by noise scale, tables of plot data, drawings.

Members come setting by setting, a setting being a noise scale and a memory of the distractor, each
with every seed. Summaries are over the seeds of a setting.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jepatlas.common.measuring.statistics import summary
from jepatlas.noisy_tv.measuring.forecast import Forecast
from jepatlas.noisy_tv.measuring.measure import (
    LEVELS,
    StateBelief,
    Truth,
    calibration,
    experts,
    fusion,
    limit_rollout,
    read_out,
    reference_scores,
    rollout,
    scores,
)
from jepatlas.noisy_tv.measuring.parameters import Evaluation, Transfer
from jepatlas.noisy_tv.truth.system import Array

REPORTED = (0.5, 0.9, 0.95)  # interval levels among the metrics; the tables have all
TABLES = ("r2", "rollout", "coverage", "nll", "transfer")


class Evaluated:
    """Fills with one model after the other.

    metrics: model -> measure -> noise scale -> summary over seeds (many steps ahead and after a
    transfer: at the drawn scale only); rows: of the tables of plot data, one per setting; drawn:
    arrays of the first seed at every noise scale, `[scales, ...]`.
    """

    def __init__(self, truth: Truth, evaluation: Evaluation, seed: int) -> None:
        self.truth, self.evaluation = truth, evaluation
        self.metrics: dict[str, dict[str, Any]] = {}
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
        self.settings = list(dict.fromkeys((m.scale, m.memory) for m in truth.members))
        start = truth.train + 1
        steps = min(evaluation.drawn_steps, truth.s.shape[1] - start)
        found = {(m.scale, m.memory): k for k, m in reversed(list(enumerate(truth.members)))}
        own = [setting for setting in self.settings if setting[1] == truth.world.system.memory]
        self.shown = [found[setting] for setting in own]  # the first seed of each
        self.drawn: dict[str, npt.NDArray[Any]] = {
            "scales": np.array([scale for scale, _ in own]),
            "true": truth.s[self.shown, start : start + steps],
        }
        self._add_references(seed)

    def _add_references(self, seed: int) -> None:
        for name, values in reference_scores(self.truth, seed).items():
            self._note(name, "r2", values)
            self._tabulate("r2", values, model=name, measure="r2")
        for horizon, values in limit_rollout(self.truth, self.evaluation.horizons).items():
            self._note_drawn("kalman", "rollout", str(horizon), values)
            self._tabulate("rollout", values, model="kalman", horizon=horizon)
        limit = StateBelief(*self.truth.limit(1))
        self._add_calibration("kalman", limit)
        self._draw("kalman", limit.mean)

    def add(self, name: str, forecast: Forecast) -> None:
        """A model's accuracy and, where it has beliefs, their calibration."""
        for measure, values in scores(self.truth, forecast).items():
            self._note(name, measure, values)
            self._tabulate("r2", values, model=name, measure=measure)
        for horizon, values in rollout(self.truth, forecast).items():
            self._note_drawn(name, "rollout", str(horizon), values)
            self._tabulate("rollout", values, model=name, horizon=horizon)
        read = read_out(self.truth, forecast.train)
        self._draw(name, read(forecast.test[forecast.lead]))
        if forecast.belief is not None:
            belief = StateBelief.read(self.truth, forecast, forecast.belief)
            self._add_calibration(name, belief)
            variance = belief.covariance[self.shown].diagonal(axis1=1, axis2=2)
            self.drawn[f"{name}_std"] = np.sqrt(variance)

    def add_transfer(self, name: str, forecast: Forecast, transfer: Transfer) -> None:
        """A model's dynamics with each expert in the place of its prior expert."""
        assert forecast.dynamics is not None
        belief = StateBelief.read(self.truth, forecast, forecast.dynamics)
        for expert, knows in experts(self.truth, transfer).items():
            for measure, values in fusion(self.truth, knows, belief).items():
                self._note_drawn(name, expert, measure, values)
                self._tabulate("transfer", values, model=name, expert=expert, measure=measure)

    def _add_calibration(self, name: str, belief: StateBelief) -> None:
        measured = calibration(self.truth, belief)
        for level, values in zip(LEVELS, measured["coverage"], strict=True):
            if level in REPORTED:
                self._note(name, f"coverage_{100 * level:.0f}", values)
            self._tabulate("coverage", values, model=name, level=level)
        self._note(name, "nll", measured["nll"])
        self._tabulate("nll", measured["nll"], model=name)

    def _note(self, model: str, measure: str, values: Array) -> None:
        memory = self.truth.world.system.memory
        self.metrics.setdefault(model, {})[measure] = {
            f"{scale:g}": summary(seeds)
            for (scale, remembered), seeds in self._by_setting(values)
            if remembered == memory
        }

    def _note_drawn(self, model: str, kind: str, measure: str, values: Array) -> None:
        wanted = self.evaluation.drawn_scale, self.truth.world.system.memory
        kinds = self.metrics.setdefault(model, {}).setdefault(kind, {})
        kinds[measure] = summary(dict(self._by_setting(values))[wanted])

    def _tabulate(self, name: str, values: Array, **labels: Any) -> None:
        for (scale, memory), seeds in self._by_setting(values):
            found = summary(seeds)
            row = {**labels, "scale": scale, "memory": memory, **found}
            row["low"], row["high"] = found["mean"] - found["ci95"], found["mean"] + found["ci95"]
            self.rows[name].append(row)

    def _by_setting(self, values: Array) -> Iterator[tuple[tuple[float, float], Array]]:
        return zip(self.settings, values.reshape(len(self.settings), -1), strict=True)

    def _draw(self, name: str, prediction: Array) -> None:
        # From the second test step on, which is the first that anything was predicted for.
        whole = prediction[self.shown, -(self.truth.s.shape[1] - self.truth.train - 1) :]
        self.drawn[name] = whole[:, : self.drawn["true"].shape[1]]


def tables(recipes: dict[str, Evaluated], failure_scale: float) -> dict[str, pd.DataFrame]:
    """The rows of all recipes by table, with the recipe in the first column.

    `failure` has what `r2` has at the failure scale and every memory of the distractor; all others
    are at the system's own memory.
    """
    found = {}
    for name in TABLES:
        rows = [
            {"recipe": recipe, **row} for recipe, done in recipes.items() for row in done.rows[name]
        ]
        whole = pd.DataFrame(rows)
        own = next(iter(recipes.values())).truth.world.system.memory
        if name == "r2":
            found["failure"] = whole[whole["scale"] == failure_scale].drop(columns="scale")
        found[name] = whole[whole["memory"] == own].drop(columns="memory")
    return found
