"""What an edit of measuring, drawing or the page reruns: a room of code is a unit."""

from pathlib import Path

import pytest

from tests import project
from tests.stages import edits

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("track", "file", "name"),
    [
        ("mixture", "metrics.py", "spread"),
        ("images", "metrics.py", "half_width"),
        ("noisy_tv", "metrics.py", "r2"),
        ("hidden_causes", "recovery.py", "r2"),
    ],
)
def test_a_metric_reruns_evaluations_and_no_training(
    track: str, file: str, name: str, restored: Path
) -> None:
    edits.append(restored, f"{track}/measuring/{file}", edits.STEEPER.format(name=name))
    expected = {stage for stage in project.stage_names() if stage.startswith(f"{track}_evaluate")}
    if track == "hidden_causes":
        expected.add("hidden_causes_exact")
    if track == "noisy_tv":
        expected |= {"noisy_tv_oracle", "noisy_tv_lqg"}
        expected |= {name for name in project.stage_names() if name.startswith("noisy_tv_control")}
    assert project.reproduce(restored) == expected | {f"{track}_figures"} | edits.LAST


@pytest.mark.parametrize(
    ("track", "file", "name"),
    [
        ("mixture", "sheet.py", "figure"),
        ("images", "examples.py", "perturbations"),
        ("noisy_tv", "curves.py", "accuracy"),
        ("hidden_causes", "curves.py", "bounds"),
    ],
)
def test_a_figure_reruns_the_figures_of_its_track_and_the_page(
    track: str, file: str, name: str, restored: Path
) -> None:
    edits.append(restored, f"{track}/drawing/{file}", edits.GREYER.format(name=name))
    assert project.reproduce(restored) == {f"{track}_figures", "report"}


@pytest.mark.parametrize(
    "script", ["report/page/assets/scripts/player.js", "images/reporting/assets/images.js"]
)
def test_the_page_reruns_the_page(script: str, restored: Path) -> None:
    edits.append(restored, script, "\n// new\n")
    assert project.reproduce(restored) == {"report"}


def test_a_tracks_claims_rerun_the_claims_and_the_page(restored: Path) -> None:
    edits.append(restored, "images/reporting/claims.py", "\n# new\n")
    assert project.reproduce(restored) == edits.LAST
