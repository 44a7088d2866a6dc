"""The blocks of params.yaml that say how methods are measured."""

from typing import Annotated

from pydantic import Field

from jepatlas.common.base.parameters import Count, Positive, Section
from jepatlas.mixture.truth.parameters import Enough


class Evaluation(Section):
    """references: test points that landscapes are measured from; collapsed: the spread below which
    an embedding counts as collapsed; neighbourhoods: test points among which neighbours are looked
    for; pairs: of fresh points, whose distances are compared; slices: directions of the sliced
    Wasserstein distance. All but the last for each member."""

    references: Count
    collapsed: Annotated[float, Field(gt=0, lt=1)]
    neighbourhoods: Enough
    pairs: Enough
    slices: Count


class Langevin(Section):
    """chains per member; steps of each; step sizes, in units of x^2, without and with the
    Metropolis test."""

    chains: Count
    steps: Count
    unadjusted_step: Positive
    adjusted_step: Positive
