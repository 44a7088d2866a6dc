"""The block of params.yaml that says what is to be done with an input to the signal."""

from typing import Annotated

from pydantic import Field

from jepatlas.common.base.parameters import PARAMS, Count, InputError, Positive, Section
from jepatlas.noisy_tv.truth.parameters import LEAST_TEST


class Control(Section):
    """inputs: components of u; explored: steps of the training part in which u is white noise, of
    standard deviation `exploration`; episodes: of `horizon` steps each, cut from the test part;
    goal: standard deviation of the goals' components, and goal_width: that of BJEPA's goal expert,
    both in those of the signal; effort: weight of |u|^2 beside the squared distance to the goal."""

    inputs: Count
    exploration: Positive
    explored: Annotated[int, Field(ge=LEAST_TEST)]
    episodes: Count
    horizon: Count
    goal: Positive
    goal_width: Positive
    effort: Positive


def check_control(control: Control, train: int, test: int) -> None:
    """`InputError` where the trajectories are too short for what is to be done in them; train,
    test: their steps."""
    if control.explored > train:
        raise InputError(
            f"{PARAMS}: noisy_tv.control.explored: should be at most noisy_tv.data.train, "
            f"{train}, is {control.explored}"
        )
    needed = control.episodes * control.horizon + 1
    if test < needed:
        raise InputError(
            f"{PARAMS}: noisy_tv.data.test: should be at least {needed}, for noisy_tv.control's "
            f"{control.episodes} episodes of {control.horizon} steps, is {test}"
        )
