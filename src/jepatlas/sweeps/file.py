"""A sweep file: which stages, which parameters with which values, what to look at and to draw."""

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StrictFloat, StrictInt, StrictStr, model_validator

from jepatlas.common.base import yaml_file
from jepatlas.common.base.parameters import Count, InputError, Section, Seed, validate

Single = StrictInt | StrictFloat | StrictStr
Value = Single | list[Single] | None
Key = Annotated[str, Field(pattern=r"^\w+(\.\w+)*$")]  # of params.yaml, dotted
Short = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]  # a parameter's name in the sweep
Combination = dict[str, Value]  # values by short names
TAKEN = ("experiment", "method", "measure", "mean", "ci95", "min", "max", "seed")  # columns


class Range(Section):
    """Where random values come from: evenly, or evenly in the logarithm."""

    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low < self.high or (self.scale == "log" and self.low <= 0):
            raise ValueError("low should be below high, and above 0 on the log scale")
        return self


class Random(Section):
    """`draws` combinations, each value drawn from a range or from a list."""

    draws: Count
    seed: Seed
    values: dict[Short, Range | Annotated[list[Value], Field(min_length=1)]]


class Resources(Section):
    """What one experiment has of a cluster; with a GPU, `device` is `cuda`."""

    cpus: Count = 1
    gpus: Annotated[int, Field(ge=0)] = 0
    memory_gb: Annotated[float, Field(gt=0)] = 1


class Figure(Section):
    """One panel for each measure. x: a short name, `seed`, or `method`; lines: a short name, each
    of whose values is a line. On the scale `each`, values stand side by side as they are listed."""

    x: str
    lines: str | None = None
    scale: Literal["linear", "log", "each"] = "linear"


class Sweep(Section):
    """parameters: short names of keys, or of several keys that take the same value; fixed: what all
    experiments have in common; at most one of grid, random and combinations; seeds: of everything
    that is drawn at random, each combination once with each; resources: on a cluster."""

    title: str
    text: str = ""
    targets: Annotated[list[str], Field(min_length=1)]
    parameters: dict[Short, Key | list[Key]] = Field(default={})
    fixed: dict[Key, Value] = Field(default={})
    grid: dict[Short, Annotated[list[Value], Field(min_length=1)]] | None = None
    random: Random | None = None
    combinations: Annotated[list[dict[Short, Value]], Field(min_length=1)] | None = None
    seeds: list[Seed] = Field(default=[])
    resources: Resources = Resources()
    measures: Annotated[list[str], Field(min_length=1)]
    figure: Figure

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if sum(kind is not None for kind in (self.grid, self.random, self.combinations)) > 1:
            raise ValueError("should have one of grid, random and combinations")
        if taken := [name for name in self.parameters if name in TAKEN]:
            raise ValueError(f"a parameter cannot be called {taken[0]}: a column of the table is")
        for given in self._given():
            if set(given) != set(self.parameters):
                raise ValueError(
                    f"values should be given for {_names(self.parameters)}, as in `parameters`, "
                    f"are given for {_names(given)}"
                )
        for axis in (self.figure.x, self.figure.lines):
            if axis not in (*self.parameters, "seed", "method", None):
                raise ValueError(
                    f"the figure can show {_names([*self.parameters, 'seed', 'method'])}, "
                    f"not {axis}"
                )
        return self

    def _given(self) -> list[list[str]]:
        """The short names that have values, in each combination."""
        if self.combinations is not None:
            return [list(combination) for combination in self.combinations]
        return [list(self.grid or (self.random.values if self.random else {}))]

    def keys(self, name: str) -> list[str]:
        """The keys of params.yaml that a short name stands for."""
        found = "seed" if name == "seed" else self.parameters[name]
        return [found] if isinstance(found, str) else found


def read(path: Path) -> Sweep:
    """The sweep file at `path`; the first thing that is wrong with it raises `InputError`."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*\.yaml", path.name):
        raise InputError(f"{path}: a sweep is called by its file: NAME.yaml, small letters and _")
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    content = yaml_file.read(path)
    try:
        return validate(content, Sweep, key="")
    except InputError as error:
        problem = str(error).removeprefix(f"{yaml_file.PARAMS}: ").removeprefix(": ")
        raise InputError(f"{path}: {problem}") from None


def _names(names: object) -> str:
    return ", ".join(map(str, names)) or "nothing"  # type: ignore[call-overload]
