"""The blocks of params.yaml that say which worlds there are: trajectories, recipes, scales."""

from typing import Annotated, Any

from pydantic import Field, field_validator

from jepatlas.common.base.parameters import Count, NonNegative, Section, Seed
from jepatlas.noisy_tv.truth.system import check_stable

LEAST_TEST = 100  # predictions that a score is taken over; with fewer, it means nothing
Scales = Annotated[tuple[NonNegative, ...], Field(min_length=1)]


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


class PartiallyObserved(Section):
    """Systems in which one frame does not show the state, to which the default recipe is put as it
    is. seeds: how many trajectories of each; systems: what differs from `system`, by name."""

    seeds: Count
    systems: dict[str, dict[str, Any]]


class Sweep(Section):
    """scales: the noise scales sigma; failure_scale: the one at which the memory is varied."""

    scales: Scales
    failure_scale: NonNegative


def in_name(scale: float) -> str:
    """A noise scale as the last part of a measure's name, whose parts have dots between them."""
    return f"{scale:g}".replace(".", "_")
