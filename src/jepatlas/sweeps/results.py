"""What a sweep has measured: one tidy table."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from jepatlas.common.base.parameters import InputError
from jepatlas.common.measuring.measures import read
from jepatlas.sweeps.copies import Project
from jepatlas.sweeps.experiments import Experiment
from jepatlas.sweeps.file import Sweep


def table(project: Project, file: Path, sweep: Sweep, there: Sequence[Experiment]) -> pd.DataFrame:
    """A row for each experiment, method and measure that the sweep looks at.

    Columns: `experiment`, the parameters, then those of `plots/TRACK/tables/measures.csv`. A
    measure that no experiment has is an `InputError`, which names those that there are.
    """
    found = pd.concat([rows(project, sweep, experiment) for experiment in there], ignore_index=True)
    for measure in sweep.measures:
        if measure not in set(found["measure"]):
            known = ", ".join(dict.fromkeys(found["measure"].astype(str)))
            raise InputError(f"{file}: measures: there is no {measure}; there are: {known}")
    return found[found["measure"].isin(sweep.measures)]


def rows(project: Project, sweep: Sweep, experiment: Experiment) -> pd.DataFrame:
    """Everything that the target stages of one experiment have measured."""
    found = pd.concat([read(path) for path in project.measured(experiment, sweep.targets)])
    known = {"experiment": experiment.name} | {
        name: ",".join(map(str, value)) if isinstance(value, list) else value
        for name, value in experiment.values.items()
    }
    for place, (name, value) in enumerate(known.items()):
        found.insert(place, name, value)
    return found
