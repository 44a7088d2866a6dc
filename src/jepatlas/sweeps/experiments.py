"""The experiments of a sweep: every combination, with a name that says what it is."""

import math
import random
import re
from dataclasses import dataclass
from itertools import product

from jepatlas.common.base.parameters import InputError
from jepatlas.sweeps.file import Combination, Random, Range, Sweep, Value


@dataclass(frozen=True, eq=False)
class Experiment:
    """values: by short names, as the table shows them; overrides: by keys of params.yaml."""

    name: str
    values: Combination
    overrides: dict[str, Value]


def experiments(name: str, sweep: Sweep, on_gpu: bool = False) -> list[Experiment]:
    """Those of the sweep called `name`; two that cannot be told apart raise `InputError`."""
    common = sweep.fixed | ({"device": "cuda"} if on_gpu else {})
    found: dict[str, Experiment] = {}
    for values in combinations(sweep):
        parts = [f"{short}={_text(value)}" for short, value in values.items()]
        title = "-".join([name, *parts])
        if title in found:
            raise InputError(f"sweeps: two experiments would be called {title}")
        own = {key: value for short, value in values.items() for key in sweep.keys(short)}
        found[title] = Experiment(title, values, common | own)
    return list(found.values())


def combinations(sweep: Sweep) -> list[Combination]:
    """Values by short names, each combination with each seed."""
    if sweep.grid:
        found = [
            dict(zip(sweep.grid, chosen, strict=True)) for chosen in product(*sweep.grid.values())
        ]
    elif sweep.random:
        found = _drawn(sweep.random)
    else:
        found = sweep.combinations or [{}]
    seeds: list[Combination] = [{"seed": seed} for seed in sweep.seeds] or [{}]
    return [combination | seed for combination in found for seed in seeds]


def _drawn(wanted: Random) -> list[Combination]:
    """The same for the same seed; the first draws stay the same when more are asked for. What is
    drawn again is there once."""
    chance = random.Random(wanted.seed)
    found: list[Combination] = []
    for _ in range(wanted.draws):
        drawn = {
            name: _between(source, chance) if isinstance(source, Range) else chance.choice(source)
            for name, source in wanted.values.items()
        }
        found += [drawn] * (drawn not in found)
    return found


def _between(source: Range, chance: random.Random) -> float:
    """Four digits, so that the name of an experiment says its value exactly."""
    if source.scale == "log":
        drawn = math.exp(chance.uniform(math.log(source.low), math.log(source.high)))
    else:
        drawn = chance.uniform(source.low, source.high)
    return float(f"{drawn:.4g}")


def _text(value: Value) -> str:
    """A value as a part of a name that Git takes for a reference."""
    items = value if isinstance(value, list) else [value]
    return re.sub(r"[^\w.,+-]+|\.\.+|\.$", "_", ",".join(map(str, items)))
