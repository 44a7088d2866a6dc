"""Which worlds are learned in one pass, and parameters that are refused."""

from pathlib import Path

import pytest
import yaml

from jepatlas.common.base.parameters import InputError, section
from jepatlas.hidden_causes.learning.check import check
from jepatlas.hidden_causes.track import Parameters
from jepatlas.hidden_causes.truth.parameters import Worlds
from jepatlas.hidden_causes.truth.worlds import settings
from tools import small

FULL = (Path(__file__).resolve().parents[2] / "params.yaml").read_text(encoding="utf-8")


@pytest.fixture
def params(tmp_path, monkeypatch):
    """Write the small params.yaml with a change of the block `hidden_causes`, at a dotted key."""
    monkeypatch.chdir(tmp_path)
    content = yaml.safe_load(FULL)
    small.shrink(content)

    def write(path=None, value=None):
        if path:
            *parents, last = path.split(".")
            block = content["hidden_causes"]
            for key in parents:
                block = block[key]
            block[last] = value
        Path("params.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")

    return write


def test_worlds_of_one_shape_are_one_setting(params):
    params()
    worlds = section("hidden_causes.worlds", Worlds)
    suites = ("mixings", "shapes", "anisotropic", "grid", "dimensions", "arm")
    plane, grid, two, four, arm = settings(worlds, 2, suites)
    assert list(plane.worlds) == [
        "mixings.spiral",
        "mixings.banana",
        "shapes.0_5",
        "shapes.2",
        "anisotropic.0_9-0_6",
    ]
    # The Gaussian behind a banana is trained once and has two names.
    assert plane.worlds["shapes.2"] == plane.worlds["mixings.banana"]
    assert plane.members == [0, 1] * 4
    assert plane.members_of("shapes.2") == plane.members_of("mixings.banana") == slice(2, 4)
    assert (grid.name, list(grid.worlds)) == ("grid.0_1", ["grid.0_1.0_8"])
    assert grid.changes == {"trade_off": 0.1}
    assert [(one.name, one.dim, one.observed) for one in (two, four, arm)] == [
        ("dimensions.2", 2, 2),
        ("dimensions.4", 4, 4),
        ("arm", 2, 784),
    ]


def test_few_latents_have_an_encoder_with_room_to_spare(params):
    params()
    worlds = section("hidden_causes.worlds", Worlds)
    two, four = settings(worlds, 2, ("dimensions",))
    assert (two.encoder, two.changes) == (worlds.dimensions.spare, {"steps": 20})
    assert four.encoder == "matched"


def test_the_parameters_are_valid(params):
    params()
    check(section("hidden_causes", Parameters))


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("worlds.rho", 1, "hidden_causes.worlds.rho: should be less than 1, is 1"),
        ("worlds.rho", 0, "hidden_causes.worlds.rho: should be greater than 0, is 0"),
        ("worlds.shapes.alphas", [0], "shapes.alphas.0: should be greater than 0, is 0"),
        ("worlds.dimensions.sizes", [3], "dimensions.sizes: coupling layers need an even number"),
        ("worlds.dimensions.spare.units", 0, "spare.units: should be greater than or equal"),
        (
            "worlds.dimensions.spare.changes",
            {"step": 3},
            "the worlds dimensions.2.step: unknown",
        ),
        ("worlds.mixings.names", ["spirla"], "mixings.names.0: should be 'spiral', 'banana', 'sh"),
        ("worlds.anisotropic.rhos", [[0.9, 1.2]], "anisotropic.rhos.0.1: should be less than 1"),
        ("worlds.grid.trade_offs", [2], "grid.trade_offs.0: should be less than 1, is 2"),
        ("worlds.arm.changes", {"step": 3}, "in the worlds arm.step: unknown key"),
        ("methods.vicreg.suites", ["grid"], "in the worlds grid.0_1.trade_off: unknown key"),
        ("methods.lejepa.suites", ["grids"], "methods.lejepa.suites.0: should be 'mixings'"),
        ("methods.whitening.detail", 0, "methods.whitening.detail: should be greater than 0"),
        ("evaluation.test", 10, "evaluation.test: should be greater than or equal to 100"),
    ],
)
def test_a_parameter_is_refused_in_one_line(params, path, value, problem):
    params(path, value)
    with pytest.raises(InputError) as error:
        check(section("hidden_causes", Parameters))
    assert problem in str(error.value)
    assert "\n" not in str(error.value)
