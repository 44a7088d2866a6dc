"""The blocks of params.yaml that say which worlds there are."""

from typing import Annotated, Literal

from pydantic import Field, StrictFloat, StrictInt, field_validator

from jepatlas.common.base.parameters import LARGEST, Count, Positive, Section

LEAST = 100  # points that something is measured on; with fewer, it means nothing
Correlation = Annotated[float, Field(gt=0, lt=1)]
Plane = Literal["spiral", "banana", "shear", "coupling"]
Enough = Annotated[int, Field(ge=LEAST)]
Changed = Annotated[StrictInt | StrictFloat, Field(ge=-LARGEST, le=LARGEST)]


class Suite(Section):
    """Worlds for which a method's own parameters, such as `steps`, can be changed."""

    changes: Annotated[dict[str, Changed], Field(default_factory=dict)]


class Mixings(Section):
    """Gaussian latents, of the correlation `rho`, behind each of the mixings `names`."""

    names: Annotated[tuple[Plane, ...], Field(min_length=1)]


class Shapes(Section):
    """Latents of each of the shapes `alphas`, behind one mixing."""

    mixing: Plane
    alphas: Annotated[tuple[Positive, ...], Field(min_length=1)]


class Anisotropic(Section):
    """Gaussian latents of which each has a correlation of its own, behind one mixing."""

    mixing: Plane
    rhos: tuple[tuple[Correlation, Correlation], ...]


class Grid(Section):
    """Gaussian latents of each of the correlations `rhos`, behind one mixing, and each of the
    `trade_offs` in the objective; `seeds`: how many of each."""

    mixing: Plane
    rhos: Annotated[tuple[Correlation, ...], Field(min_length=1)]
    trade_offs: Annotated[tuple[Correlation, ...], Field(min_length=1)]
    seeds: Count


class Spare(Suite):
    """The encoder of `up_to` latents, with room to spare: `layers` of its own, each of `units`."""

    up_to: Count
    layers: Count
    units: Count


class Dimensions(Suite):
    """Gaussian latents in each of the dimensions `sizes`, behind `layers` coupling layers. The
    encoder has the mixing's own layers, or those of `spare` where latents are few."""

    sizes: Annotated[tuple[Count, ...], Field(min_length=1)]
    layers: Count
    seeds: Count
    spare: Spare

    @field_validator("sizes")
    @classmethod
    def _are_even(cls, sizes: tuple[int, ...]) -> tuple[int, ...]:
        for size in sizes:
            if size % 2:
                raise ValueError(f"coupling layers need an even number of latents, not {size}")
        return sizes


class Arm(Suite):
    """Gaussian latents seen as the picture of an arm."""

    seeds: Count


class Worlds(Section):
    """rho: the correlation of a pair's latents, wherever nothing else is said; layers: how many
    coupling layers the mixing of that name has in the plane."""

    rho: Correlation
    layers: Count
    mixings: Mixings
    shapes: Shapes
    anisotropic: Anisotropic
    grid: Grid
    dimensions: Dimensions
    arm: Arm


class Evaluation(Section):
    """Numbers of points: read-outs are fitted on `fit` of them and scored on `test`; `paths`:
    planned, between points of the test part; `side`: points along an edge of a drawn grid."""

    fit: Enough
    test: Enough
    paths: Count
    side: Annotated[int, Field(ge=5)]
