"""The mixture track: its name for readers, and the whole of its block in params.yaml."""

from typing import Annotated, Any

from pydantic import Field

from jepatlas.common.base.parameters import Count, Section, Snapshots
from jepatlas.mixture.measuring.parameters import Evaluation, Langevin
from jepatlas.mixture.truth.parameters import Data, Landscape, MixtureChoice

TITLE = "Mixture of Gaussians"


class Parameters(Section):
    """The whole block `mixture`; the methods are validated one by one, each by its own module."""

    members: Count
    snapshots: Snapshots
    mixture: str
    mixtures: dict[str, MixtureChoice]
    data: Data
    methods: Annotated[dict[str, Any], Field(min_length=1)]
    evaluation: Evaluation
    langevin: Langevin
    landscape: Landscape
