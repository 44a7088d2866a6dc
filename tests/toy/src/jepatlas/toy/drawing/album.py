"""All pictures of the toy."""

from pathlib import Path

import pandas as pd

from jepatlas.common.drawing import style


def draw(measured: pd.DataFrame, folder: Path) -> None:
    """In `folder`, as `save_both` has it; measured: the table of all methods."""
    page = style.figure(4, 3)
    style.head(page, "Toy world", "How far each method points beside the ray")
    axes = style.place(page, 1.2, 0.8, 2.6, 1.8)
    axes.barh(measured["method"] + ", " + measured["measure"], measured["mean"])
    style.save_both(page, folder, "errors")
