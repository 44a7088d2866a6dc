"""A learning rate of a million is refused in each track, of each method by each of its recipes,
within a few steps: most losses stay finite, as Adam's steps do."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import project
from tests.stages.refusals import refusal

RECIPES = ("as_published", "default")
PARAMETERS = project.parameters(project.ALL)
TRACKS = [key for key, block in PARAMETERS.items() if isinstance(block, dict)]


def recipes() -> Iterator[tuple[str, str, str | None]]:
    """Track, method and recipe, None where a method has but one."""
    for track in TRACKS:
        for name, block in PARAMETERS[track]["methods"].items():
            for recipe in [key for key in RECIPES if key in block] or [None]:
                yield track, name, recipe


@pytest.fixture(scope="module")
def root(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project with every method, and with what they learn from."""
    root = project.copy(tmp_path_factory.mktemp("divergence") / "jepatlas")
    (root / "params.yaml").write_text(project.dumped(PARAMETERS), encoding="utf-8")
    for track in TRACKS:
        if (root / f"stages/{track}/data.py").exists():
            project.run(root, "python", "-m", f"stages.{track}.data")
    return root


def edited(track: str, name: str, recipe: str | None) -> dict[str, Any]:
    """The parameters with this rate, in the place of every recipe of the method."""
    block = PARAMETERS[track]["methods"][name]
    known = block[recipe] if recipe else block
    fast = known | {"learning_rate": 1e6}
    changed = block | dict.fromkeys(set(block) & set(RECIPES), fast) if recipe else fast
    methods = PARAMETERS[track]["methods"] | {name: changed}
    return PARAMETERS | {track: PARAMETERS[track] | {"methods": methods}}


@pytest.mark.parametrize(("track", "name", "recipe"), list(recipes()))
def test_a_rate_of_a_million(
    track: str,
    name: str,
    recipe: str | None,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(root)
    text = project.dumped(edited(track, name, recipe))
    (root / "params.yaml").write_text(text, encoding="utf-8")
    said = refusal(f"stages.{track}.train", [name], monkeypatch, capsys)
    assert said.startswith(f"error: {track}.methods.{name}")
    assert re.search(r": member \d had a (loss|weight) of \S+ at step \d+; try a smaller", said)
