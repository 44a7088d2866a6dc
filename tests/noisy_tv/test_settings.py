"""What is trained and measured: recipes, and systems in which one frame does not show the state."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from jepatlas.common.base.parameters import InputError, section
from jepatlas.noisy_tv.learning.check import check
from jepatlas.noisy_tv.track import Parameters
from jepatlas.noisy_tv.truth.settings import settings

FULL = (Path(__file__).resolve().parents[2] / "params.yaml").read_text(encoding="utf-8")


@pytest.fixture
def params(tmp_path, monkeypatch):
    """Write params.yaml with some changes of the block `noisy_tv`, at dotted keys."""
    monkeypatch.chdir(tmp_path)

    def write(changes: dict[str, Any]) -> None:
        content = yaml.safe_load(FULL)
        for path, value in changes.items():
            *parents, last = path.split(".")
            block = content["noisy_tv"]
            for key in parents:
                block = block[key]
            block[last] = value
        Path("params.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    return write


def test_every_recipe_has_the_own_system_and_the_default_one_the_others_too(params):
    params({"partially_observed": {"seeds": 2, "systems": {"few": {"observation": 6}}}})
    own, default, few = settings()
    assert (own.name, own.recipe, default.name, few.name) == (
        "as_published",
        "as_published",
        "default",
        "few",
    )
    assert own.system == default.system
    assert (few.recipe, few.choice.seeds, few.choice.memories) == ("default", 2, ())
    assert few.system == own.system.model_copy(update={"observation": 6})
    assert (own.file, default.file, few.file) == ("own", "own", "few")


def test_there_may_be_no_other_system(params):
    params({"partially_observed.systems": {}})
    assert [setting.name for setting in settings()] == ["as_published", "default"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (
            {"partially_observed.systems": {"own": {}}},
            "noisy_tv.partially_observed.systems.own: is the name of something else",
        ),
        (
            {"partially_observed.systems": {"odd": {"signal": 3}}},
            "noisy_tv.partially_observed.systems.odd: signal should be even",
        ),
        (
            {"methods.jepa.default.frames": 200},
            "noisy_tv.methods.jepa.default.frames: two windows of 200 frames have 8000 numbers",
        ),
        (
            {"methods.jepa.as_published.latent": 21},
            "jepa.as_published.latent: should be at most noisy_tv.system.observation, 20, is 21",
        ),
        (
            {"partially_observed.systems": {"fewer": {"observation": 3}}},
            "default.latent: should be at most noisy_tv.system.observation, 3, is 4",
        ),
    ],
)
def test_what_cannot_be_is_refused(params, changes, problem):
    params(changes)
    with pytest.raises(InputError, match=re.escape(problem)):
        check(section("noisy_tv", Parameters))
