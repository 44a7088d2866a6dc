"""The blocks of params.yaml that say what the world is: mixture, points, and the plane to draw."""

from typing import Annotated, Self

from pydantic import Field, FiniteFloat, model_validator

from jepatlas.common.base.parameters import Section
from jepatlas.mixture.truth.mixture import Mixture

Enough = Annotated[int, Field(ge=100)]  # points; with fewer, the metrics mean nothing
Interval = tuple[FiniteFloat, FiniteFloat]


class MixtureChoice(Section):
    """A mixture in the plane; with two components at least, as clusters are compared."""

    weights: Annotated[list[float], Field(min_length=2)]
    means: list[tuple[float, float]]
    covariances: list[tuple[tuple[float, float], tuple[float, float]]]

    @model_validator(mode="after")
    def _is_a_mixture(self) -> Self:
        self.mixture()
        return self

    def mixture(self) -> Mixture:
        return Mixture(self.weights, self.means, self.covariances)


class Data(Section):
    """Numbers of points of each member."""

    train: Enough
    probe: Enough
    test: Enough


class Landscape(Section):
    """The drawn part of the plane, points per side, and frames of an animation."""

    x: Interval
    y: Interval
    resolution: Annotated[int, Field(ge=2, le=1000)]
    frames: Annotated[int, Field(ge=2, le=200)]

    @model_validator(mode="after")
    def _has_an_area(self) -> Self:
        for name, (low, high) in {"x": self.x, "y": self.y}.items():
            if not low < high:
                raise ValueError(f"{name} should go from low to high, not {low} to {high}")
        return self
