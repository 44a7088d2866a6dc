"""What was measured of one training, over the trainings of a sweep over seeds."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import read_csv
from jepatlas.common.measuring.measures import Measure, Measures
from jepatlas.common.measuring.statistics import summary

RESULTS = Path("sweeps/results")
TEXTS, NUMBERS = ("method", "measure"), ("seed", "mean")


def over_seeds(own: Measures, sweep: str, seed: int) -> Measures:
    """`own`, the measures of a training by `seed`, with means over all trainings of a sweep.

    Only if that training is one of them: if the sweep has the same numbers for `seed`, and all of
    its measures of the same seeds. Else its parameters or its machine were others, or it is not
    complete, and `own` is returned as it is. An interval has two parts, that of the seeds
    (Student's) and that of the test points, which are the same for all.
    """
    several = {
        key: numbers
        for key, numbers in _rows(sweep).items()
        if seed in numbers and len(numbers) > 1
    }
    if len({tuple(sorted(numbers)) for numbers in several.values()}) > 1:
        return own  # differences would be of other seeds
    if not all(_is(own.rows.get(key), numbers[seed]) for key, numbers in several.items()):
        return own
    found = {key: _measure(numbers, own.rows[key]) for key, numbers in several.items()}
    return replace(own, rows=own.rows | found) if found else own


def _rows(sweep: str) -> Mapping[tuple[str, str], dict[int, float]]:
    """By method and measure, the numbers of all seeds, none if the sweep was not run here; a table
    that is not one is an `InputError`."""
    path = RESULTS / sweep / "table.csv"
    if not path.exists():
        return {}
    try:
        numbers = read_csv(path, TEXTS, NUMBERS).astype({"seed": int})
    except (InputError, ValueError):
        command = f"make sweep SWEEP=sweeps/{sweep}.yaml"
        raise InputError(f"{path}: not the table of a sweep; `{command}` makes it anew") from None
    return {
        (method, measure): dict(zip(of["seed"], of["mean"], strict=True))
        for (method, measure), of in numbers.groupby(["method", "measure"], sort=False)
    }


def _is(measured: Measure | None, value: float) -> bool:
    """Whether this is the number, as far as tables have digits."""
    return measured is not None and bool(np.isclose(measured.mean, value, rtol=1e-5, atol=0))


def _measure(numbers: Mapping[int, float], own: Measure) -> Measure:
    """With each seed's number, in the order of the seeds."""
    values = tuple(numbers[seed] for seed in sorted(numbers))
    found = summary(values)
    half_width = float(np.hypot(found["ci95"], own.ci95))
    return Measure(found["mean"], half_width, found["min"], found["max"], values)
