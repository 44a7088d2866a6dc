"""The noisy-TV track: its name for readers, and the whole of its block in params.yaml."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from jepatlas.common.base.parameters import Section
from jepatlas.noisy_tv.control.parameters import Control, check_control
from jepatlas.noisy_tv.measuring.parameters import Evaluation, Transfer, check_evaluation
from jepatlas.noisy_tv.truth.parameters import Data, PartiallyObserved, Recipes, Sweep
from jepatlas.noisy_tv.truth.system import System

TITLE = "Noisy TV"


class Parameters(Section):
    """The whole block `noisy_tv`; the methods are validated one by one, each by its own module."""

    system: System
    data: Data
    sweep: Sweep
    recipes: Recipes
    partially_observed: PartiallyObserved
    evaluation: Evaluation
    transfer: Transfer
    control: Control
    methods: Annotated[dict[str, Any], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_evaluation(self.evaluation, self.sweep, self.data.test)
        check_control(self.control, self.data.train, self.data.test)
        return self
