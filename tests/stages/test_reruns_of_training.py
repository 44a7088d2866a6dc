"""What an edit of how methods are trained reruns: a method and an objective are a file each."""

from pathlib import Path

import pytest

from tests import project
from tests.stages import edits

pytestmark = pytest.mark.slow


def steps(track: str, method: str) -> set[str]:
    """The stages of one method."""
    kinds = {"train", "evaluate"}
    kinds |= {"images": {"decode"}, "noisy_tv": {"control"}}.get(track, set())
    return {f"{track}_{kind}@{method}" for kind in kinds}


@pytest.mark.parametrize(
    ("track", "method"),
    [
        ("mixture", "contrastive"),
        ("images", "vicreg"),
        ("noisy_tv", "ar"),
        ("hidden_causes", "lejepa"),
    ],
)
def test_a_method_reruns_that_method_and_what_comes_after(
    track: str, method: str, restored: Path
) -> None:
    edits.append(restored, f"{track}/methods/{method}.py", edits.LOUDER)
    assert project.reproduce(restored) == {*steps(track, method), f"{track}_figures"} | edits.LAST


def test_an_objective_reruns_the_methods_of_its_family(restored: Path) -> None:
    edits.append(
        restored, "objectives/decorrelation.py", edits.STEEPER.format(name="collapse_penalty")
    )
    expected = {*steps("images", "vicreg"), "images_figures"}
    expected |= {*steps("noisy_tv", "jepa"), "noisy_tv_figures"}
    assert project.reproduce(restored) == expected | edits.LAST


@pytest.mark.parametrize("track", project.FEW)
def test_a_new_method_without_a_block_of_parameters_reruns_nothing(
    track: str, restored: Path
) -> None:
    methods = restored / "src/jepatlas" / track / "methods"
    (methods / "jepa_new.py").write_text((methods / "jepa.py").read_text(encoding="utf-8"), "utf-8")
    assert project.reproduce(restored) == set()
