"""What an edit reruns: a room of code is a unit, a method and an objective are a file each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import project

pytestmark = pytest.mark.slow

# Appended to a module, these change its results and nothing else.
LOUDER = """
_loss = Method.loss


def _louder(self, *arguments):
    return 1.5 * _loss(self, *arguments)


Method.loss = _louder
"""
STEEPER = """
_before = {name}


def {name}(*arguments, **named):
    return 1.5 * _before(*arguments, **named)
"""
LAST = {"claims", "report"}


@pytest.fixture
def clone(ran: Path) -> Iterator[Path]:
    """A small project that was run, with everything put back after each test."""
    yield ran
    project.run(ran, "git", "checkout", "--quiet", ".")
    project.run(ran, "git", "clean", "--quiet", "-d", "--force", "src")
    project.run(ran, "dvc", "checkout", "--quiet", "--force")


def append(root: Path, file: str, text: str) -> None:
    path = root / "src/jepatlas" / file
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def steps(track: str, method: str) -> set[str]:
    """The stages of one method."""
    kinds = ("train", "decode", "evaluate") if track == "images" else ("train", "evaluate")
    return {f"{track}_{kind}@{method}" for kind in kinds}


@pytest.mark.parametrize(
    ("track", "method"), [("mixture", "contrastive"), ("images", "vicreg"), ("noisy_tv", "ar")]
)
def test_a_method_reruns_that_method_and_what_comes_after(
    track: str, method: str, clone: Path
) -> None:
    append(clone, f"{track}/methods/{method}.py", LOUDER)
    assert project.reproduce(clone) == {*steps(track, method), f"{track}_figures"} | LAST


def test_an_objective_reruns_the_methods_of_its_family(clone: Path) -> None:
    append(clone, "objectives/decorrelation.py", STEEPER.format(name="collapse_penalty"))
    expected = {*steps("images", "vicreg"), "images_figures"}
    expected |= {*steps("noisy_tv", "jepa"), "noisy_tv_figures"}
    assert project.reproduce(clone) == expected | LAST


@pytest.mark.parametrize(
    ("track", "file", "name"),
    [
        ("mixture", "metrics.py", "spread"),
        ("images", "metrics.py", "half_width"),
        ("noisy_tv", "metrics.py", "r2"),
    ],
)
def test_a_metric_reruns_evaluations_and_no_training(
    track: str, file: str, name: str, clone: Path
) -> None:
    append(clone, f"{track}/measuring/{file}", STEEPER.format(name=name))
    expected = {stage for stage in project.stage_names() if stage.startswith(f"{track}_evaluate")}
    if track == "noisy_tv":
        expected.add("noisy_tv_oracle")
    assert project.reproduce(clone) == expected | {f"{track}_figures"} | LAST


@pytest.mark.parametrize("track", ["mixture", "images", "noisy_tv"])
def test_a_figure_reruns_the_figures_of_its_track_and_the_page(track: str, clone: Path) -> None:
    append(clone, f"{track}/drawing/__init__.py", "\n# A remark.\n")
    # The mixture's section draws for itself; the others take looks and arrangements from `drawing`.
    page = set() if track == "mixture" else {"report"}
    assert project.reproduce(clone) == {f"{track}_figures"} | page


def test_the_page_reruns_the_page(clone: Path) -> None:
    append(clone, "report/page/assets/style.css", "\n.new { color: red }\n")
    assert project.reproduce(clone) == {"report"}


@pytest.mark.parametrize("track", ["mixture", "images", "noisy_tv"])
def test_a_new_method_without_a_block_of_parameters_reruns_nothing(track: str, clone: Path) -> None:
    methods = clone / "src/jepatlas" / track / "methods"
    (methods / "jepa_new.py").write_text((methods / "jepa.py").read_text(encoding="utf-8"), "utf-8")
    assert project.reproduce(clone) == set()
