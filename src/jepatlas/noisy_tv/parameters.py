"""The blocks of params.yaml that the noisy-TV track reads, the methods' own apart."""

from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from jepatlas.common.parameters import (
    PARAMS,
    Count,
    InputError,
    NonNegative,
    Positive,
    Section,
    Seed,
)
from jepatlas.noisy_tv.system import System, check_stable

LEAST_TEST = 100  # predictions that a score is taken over; with fewer, it means nothing
Scales = Annotated[tuple[NonNegative, ...], Field(min_length=1)]
Horizons = Annotated[tuple[Count, ...], Field(min_length=1)]


class Data(Section):
    """Steps of each trajectory, `train` and then `test`; their seeds count up from `first_seed`."""

    train: Annotated[int, Field(ge=LEAST_TEST)]
    test: Annotated[int, Field(ge=LEAST_TEST)]
    first_seed: Seed


class Recipe(Section):
    """Members of a recipe: the first `seeds` trajectories, each at every noise scale and, at the
    scale of the failure sweep, at every one of `memories`."""

    seeds: Count
    memories: tuple[float, ...]

    @field_validator("memories")
    @classmethod
    def _are_stable(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        for value in values:
            if value < 0:
                raise ValueError(f"a memory should be 0 or more, not {value}")
            check_stable(value)
        return values


class Recipes(Section):
    as_published: Recipe
    default: Recipe


class Sweep(Section):
    """scales: the noise scales sigma; failure_scale: the one at which the memory is varied."""

    scales: Scales
    failure_scale: NonNegative


class Evaluation(Section):
    """horizons: steps ahead that predictors are iterated; drawn_scale: the noise scale of the
    pictures over time; drawn_steps: how many test steps these show."""

    horizons: Horizons
    drawn_scale: NonNegative
    drawn_steps: Annotated[int, Field(ge=20)]


class Transfer(Section):
    """The experts: standard deviations of what each of them knows about s[t+1]."""

    sensor: Positive
    goal: Positive
    amplitude: Positive


class NoisyTv(Section):
    """The whole block `noisy_tv`; the methods are validated one by one, each by its own module."""

    system: System
    data: Data
    sweep: Sweep
    recipes: Recipes
    evaluation: Evaluation
    transfer: Transfer
    methods: Annotated[dict[str, Any], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_evaluation(self.evaluation, self.sweep, self.data.test)
        return self


def check_evaluation(evaluation: Evaluation, sweep: Sweep, test: int) -> None:
    """`InputError` where a test part of `test` steps is too short for the longest horizon, or what
    is to be drawn is not there."""
    needed = max(evaluation.horizons) + LEAST_TEST
    if test < needed:
        raise InputError(
            f"{PARAMS}: noisy_tv.data.test: should be at least {needed}, to leave {LEAST_TEST} "
            f"predictions at the longest of noisy_tv.evaluation.horizons, is {test}"
        )
    if evaluation.drawn_scale not in sweep.scales:
        raise InputError(
            f"{PARAMS}: noisy_tv.evaluation.drawn_scale: should be one of noisy_tv.sweep.scales, "
            f"is {evaluation.drawn_scale:g}"
        )
