"""The blocks of params.yaml that the mixture track reads, the methods' own apart."""

from typing import Annotated, Any, Self

from pydantic import Field, FiniteFloat, model_validator

from jepatlas.common.parameters import Count, Positive, Section
from jepatlas.mog.mixture import Mixture

Enough = Annotated[int, Field(ge=100)]  # points; with fewer, the metrics mean nothing
Interval = tuple[FiniteFloat, FiniteFloat]
Snapshots = Annotated[int, Field(ge=2)]  # states of the networks kept from training


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
    """Numbers of points: `train` for each member, `probe` and `test` shared by all."""

    train: Enough
    probe: Enough
    test: Enough


class Evaluation(Section):
    """references: test points that landscapes are measured from; collapsed: the spread below which
    an embedding counts as collapsed; pairs: test points for the metrics that compare all pairs;
    slices: directions of the sliced Wasserstein distance."""

    references: Count
    collapsed: Annotated[float, Field(gt=0, lt=1)]
    pairs: Enough
    slices: Count


class Langevin(Section):
    """chains per member; steps of each; step sizes, in units of x^2, without and with the
    Metropolis test."""

    chains: Count
    steps: Count
    unadjusted_step: Positive
    adjusted_step: Positive


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


class Mog(Section):
    """The whole block `mog`; the methods are validated one by one, each by its own module."""

    members: Count
    snapshots: Snapshots
    mixture: str
    mixtures: dict[str, MixtureChoice]
    data: Data
    methods: Annotated[dict[str, Any], Field(min_length=1)]
    evaluation: Evaluation
    langevin: Langevin
    landscape: Landscape

    @model_validator(mode="after")
    def _mixture_is_named(self) -> Self:
        if self.mixture not in self.mixtures:
            known = ", ".join(self.mixtures)
            raise ValueError(f"mixture should be one of {known}, is {self.mixture!r}")
        return self
