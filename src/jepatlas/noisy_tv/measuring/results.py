"""What is measured of one model, or of a reference, in one recipe: measures, plot rows, drawings.

Members come setting by setting, a setting being a noise scale and a memory of the distractor, each
with every seed. Summaries are over the seeds of a setting.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jepatlas.common.base.storage import write_arrays, write_csv
from jepatlas.common.measuring import measures
from jepatlas.common.measuring.statistics import over_members, summary
from jepatlas.noisy_tv.measuring.measure import LEVELS, StateBelief, Truth, calibration
from jepatlas.noisy_tv.measuring.parameters import Evaluation
from jepatlas.noisy_tv.truth.parameters import in_name
from jepatlas.noisy_tv.truth.system import Array

REPORTED = (0.5, 0.9, 0.95)  # interval levels among the measures; the plot rows have all


class Results:
    """Fills with one model after the other. `recipe` is the name of the setting, which is that of
    the recipe in the track's own system.

    measures: model -> measure -> noise scale -> summary over seeds (many steps ahead and after a
    transfer: at the drawn scale only); rows: of plot data, one per setting; drawn: arrays of the
    first seed at every noise scale, `[scales, ...]`.
    """

    def __init__(self, recipe: str, truth: Truth, evaluation: Evaluation) -> None:
        self.recipe, self.truth, self.evaluation = recipe, truth, evaluation
        self.measures: dict[str, dict[str, Any]] = {}
        self.rows: list[dict[str, Any]] = []
        self.settings = list(dict.fromkeys((m.scale, m.memory) for m in truth.members))
        found = {(m.scale, m.memory): k for k, m in reversed(list(enumerate(truth.members)))}
        own = [setting for setting in self.settings if setting[1] == truth.memory]
        self.scales = np.array([scale for scale, _ in own])
        self.shown = [found[setting] for setting in own]  # the first seed of each
        self.drawn: dict[str, npt.NDArray[Any]] = {}

    def note(self, model: str, measure: str, values: Array, table: str = "r2") -> None:
        """Values `[members]` of a measure, of accuracy if no other table is named, at every noise
        scale."""
        self._measure(model, measure, values)
        self.tabulate(table, values, model=model, measure=measure)

    def note_drawn(self, model: str, kind: str, measure: str, values: Array) -> None:
        """Values `[members]` of which only those at the drawn scale become a measure."""
        wanted = self.evaluation.drawn_scale, self.truth.memory
        kinds = self.measures.setdefault(model, {}).setdefault(kind, {})
        kinds[measure] = over_members(dict(self._by_setting(values))[wanted])

    def note_measure(self, model: str, measure: str, values: Array) -> None:
        """Values `[members]` of a measure that no figure draws, at every noise scale."""
        self._measure(model, measure, values)

    def note_calibration(self, model: str, belief: StateBelief) -> None:
        """Coverage of intervals, and likelihood, of a belief about the next state."""
        measured = calibration(self.truth, belief)
        for level, values in zip(LEVELS, measured["coverage"], strict=True):
            if level in REPORTED:
                self._measure(model, f"coverage_{100 * level:.0f}", values)
            self.tabulate("coverage", values, model=model, level=level)
        self._measure(model, "nll", measured["nll"])
        self.tabulate("nll", measured["nll"], model=model)

    def tabulate(self, table: str, values: Array, **labels: Any) -> None:
        """A plot row for each setting."""
        for (scale, memory), seeds in self._by_setting(values):
            found = summary(seeds)
            low, high = found["mean"] - found["ci95"], found["mean"] + found["ci95"]
            place = {"table": table, "recipe": self.recipe, **labels}
            place |= {"scale": scale, "memory": memory}
            self.rows.append({**place, **found, "low": low, "high": high})

    def draw(self, name: str, prediction: Array) -> None:
        """A prediction of s, from the second test step on, the first that any was made for."""
        whole = prediction[self.shown, -(self.truth.s.shape[1] - self.truth.train - 1) :]
        self.drawn[name] = whole[:, : self.evaluation.drawn_steps]

    def _measure(self, model: str, measure: str, values: Array) -> None:
        self.measures.setdefault(model, {})[measure] = {
            in_name(scale): over_members(seeds)
            for (scale, memory), seeds in self._by_setting(values)
            if memory == self.truth.memory
        }

    def _by_setting(self, values: Array) -> Iterator[tuple[tuple[float, float], Array]]:
        return zip(self.settings, values.reshape(len(self.settings), -1), strict=True)


def save(done: Mapping[str, Results], measured: Path, rows: Path, drawn: Path) -> None:
    """Write the results of a stage in all settings: the tidy table of measures, named
    `SETTING.MEASURE`; the plot rows; and the drawings, `SETTING/NAME`."""
    names = next(iter(done.values())).measures
    tables = [
        measures.table(name, {setting: one.measures[name] for setting, one in done.items()})
        for name in names
    ]
    write_csv(measured, measures.joined(tables))
    write_csv(rows, pd.DataFrame([row for one in done.values() for row in one.rows]))
    arrays = {
        f"{setting}/{key}": a for setting, one in done.items() for key, a in one.drawn.items()
    }
    write_arrays(drawn, arrays)
