"""All pictures of the hidden causes."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from jepatlas.common.drawing.style import save_both, save_gif
from jepatlas.hidden_causes.drawing import curves, plans, warped
from jepatlas.hidden_causes.drawing.warped import Arrays


class Album(NamedTuple):
    """truth: the exact arrays; drawn: those of each method; tables of measures, bounds, sweeps."""

    truth: Arrays
    drawn: Mapping[str, Arrays]
    measured: pd.DataFrame
    bounds: pd.DataFrame
    sweeps: Mapping[str, pd.DataFrame]


def draw(album: Album, folder: Path) -> None:
    """In `folder`, as `save_both` has it."""
    grids = album.truth, album.drawn, album.measured
    save_both(warped.sheet(*grids), folder, "sheet")
    save_gif(warped.training(*grids), folder / "pictures" / "training.gif", fps=2)
    save_both(curves.sweeps(album.sweeps), folder, "sweeps")
    save_both(curves.bounds(album.bounds), folder, "bounds")
    save_both(plans.plans(album.truth, album.drawn, album.measured), folder, "plans")
