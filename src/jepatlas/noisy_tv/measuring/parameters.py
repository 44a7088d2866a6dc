"""The blocks of params.yaml that say how methods are measured."""

from typing import Annotated

from pydantic import Field

from jepatlas.common.base.parameters import (
    PARAMS,
    Count,
    InputError,
    NonNegative,
    Positive,
    Section,
)
from jepatlas.noisy_tv.truth.parameters import LEAST_TEST, Sweep

Horizons = Annotated[tuple[Count, ...], Field(min_length=1)]


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
