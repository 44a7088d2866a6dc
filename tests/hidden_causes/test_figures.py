"""Pictures of made-up worlds, where not every method is trained behind the mixings."""

import numpy as np
import pandas as pd
import pytest

from jepatlas.common.measuring import measures
from jepatlas.hidden_causes.drawing import plans, warped

WORLD = "mixings.banana"
LINE = np.linspace(-2.5, 2.5, 41)
GRID = np.stack(np.meshgrid(LINE, LINE), axis=-1)
PATHS = np.array([[[-1.0, 0.0], [0.0, 0.5], [1.0, 0.0]]])
TRUTH = {"grid": GRID, f"{WORLD}/grid": 2 * GRID, f"{WORLD}/paths": PATHS}
FRAMES = np.stack([part * GRID for part in (0.2, 0.6, 1.0)])
DRAWN = {
    "elsewhere": {"shapes.4/grid": FRAMES, "shapes.4/paths": PATHS},
    "behind": {f"{WORLD}/grid": FRAMES, f"{WORLD}/paths": PATHS},
}
MEASURED: pd.DataFrame = measures.joined(
    [
        measures.table("elsewhere", {"shapes": {"4": {"r2": 0.5, "planning": {"ratio": 1.0}}}}),
        measures.table("behind", {"mixings": {"banana": {"r2": 0.9, "planning": {"ratio": 1.25}}}}),
        measures.table("observation", {"mixings": {"banana": {"planning": {"ratio": 1.5}}}}),
    ]
)


def words(page):
    return [text.get_text() for text in page.texts] + [axes.get_title() for axes in page.axes]


@pytest.mark.parametrize("names", [["behind"], ["elsewhere", "behind"], ["elsewhere"]])
def test_a_method_that_is_not_trained_behind_mixings_has_no_column(names):
    drawn = {name: DRAWN[name] for name in names}
    found = words(warped.sheet(TRUTH, drawn, MEASURED))
    assert "elsewhere" not in found
    assert ("behind" in found) == ("0.900" in found) == ("behind" in names)
    assert len(list(warped.training(TRUTH, drawn, MEASURED))) > 0


@pytest.mark.parametrize("names", [["behind"], ["elsewhere", "behind"], ["elsewhere"]])
def test_plans_are_those_of_whoever_has_planned(names):
    drawn = {name: DRAWN[name] for name in names}
    found = words(plans.plans(TRUTH, drawn, MEASURED))
    assert "banana, x: 1.50" in found
    assert ("banana, behind: 1.25" in found) == ("behind" in names)
