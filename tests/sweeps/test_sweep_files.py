"""What a sweep file makes, and what is refused in it."""

import math
from pathlib import Path

import pytest
import yaml

from jepatlas.common.base.parameters import InputError
from jepatlas.sweeps.check import check, settings
from jepatlas.sweeps.experiments import experiments
from jepatlas.sweeps.file import Sweep, read
from tests.project import ROOT

GRID = {
    "title": "Temperature",
    "targets": ["mixture_evaluate@contrastive"],
    "parameters": {
        "temperature": "mixture.methods.contrastive.default.temperature",
        "noise": [
            "mixture.methods.contrastive.default.noise",
            "mixture.methods.vicreg.default.noise",
        ],
    },
    "fixed": {"mixture.members": 4},
    "grid": {"temperature": [0.1, 0.5], "noise": [1, 2]},
    "measures": ["clusters.silhouette"],
    "figure": {"x": "temperature", "lines": "noise"},
}


def without(*keys: str, **other):
    return {key: value for key, value in GRID.items() if key not in keys} | other


def names(content) -> list[str]:
    return [e.name for e in experiments("t", Sweep.model_validate(content))]


def test_a_grid_has_every_combination_with_every_seed():
    found = names(without(seeds=[0, 1]))
    assert len(found) == len(set(found)) == 2 * 2 * 2
    assert found[:3] == [
        "t-temperature=0.1-noise=1-seed=0",
        "t-temperature=0.1-noise=1-seed=1",
        "t-temperature=0.1-noise=2-seed=0",
    ]


def test_one_name_sets_several_keys_and_what_is_fixed_is_in_each():
    (*_, last) = experiments("t", Sweep.model_validate(GRID))
    assert last.overrides == {
        "mixture.members": 4,
        "mixture.methods.contrastive.default.temperature": 0.5,
        "mixture.methods.contrastive.default.noise": 2,
        "mixture.methods.vicreg.default.noise": 2,
    }
    assert "mixture.methods.vicreg.default.noise=2" in settings(last)


def test_on_gpus_the_device_is_cuda():
    sweep = Sweep.model_validate(without(resources={"cpus": 4, "gpus": 1, "memory_gb": 8}))
    on_gpu, on_cpu = (experiments("t", sweep, on_gpu=on_gpu)[0] for on_gpu in (True, False))
    assert on_gpu.overrides == on_cpu.overrides | {"device": "cuda"}


def test_random_values_are_of_their_seed_and_spread_over_the_logarithm():
    values = {"temperature": {"low": 0.01, "high": 1, "scale": "log"}, "noise": [1, 2]}

    def drawn(draws, seed):
        content = without("grid", random={"draws": draws, "seed": seed, "values": values})
        return [e.values for e in experiments("t", Sweep.model_validate(content))]

    many = drawn(400, 7)
    assert many == drawn(400, 7) != drawn(400, 8)
    assert many[:5] == drawn(5, 7)
    below = sum(found["temperature"] < 0.1 for found in many)
    assert abs(below - len(many) / 2) < 4 * math.sqrt(400 / 4)  # 4 standard deviations
    assert all(0.01 <= found["temperature"] <= 1 for found in many)


def test_combinations_are_taken_as_listed_and_seeds_alone_will_do():
    listed = [{"temperature": 0.2, "noise": 1}, {"temperature": 0.1, "noise": 3}]
    assert names(without("grid", combinations=listed)) == [
        "t-temperature=0.2-noise=1",
        "t-temperature=0.1-noise=3",
    ]
    alone = without("grid", "parameters", seeds=[3], figure={"x": "method"})
    assert names(alone) == ["t-seed=3"]


def test_a_list_as_a_value_makes_a_name_that_git_takes():
    widths = without(
        parameters={"widths": "mixture.methods.contrastive.default.widths"},
        grid={"widths": [[128, 64], [64]]},
        figure={"x": "widths"},
    )
    assert names(widths) == ["t-widths=128,64", "t-widths=64"]


def test_two_experiments_of_one_name_are_refused():
    with pytest.raises(InputError, match=r"t-temperature=0\.1-noise=1"):
        names(without(grid={"temperature": [0.1, 0.1], "noise": [1]}))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (without("targets"), "targets: missing"),
        (without(gird={}), "gird: unknown key"),
        (without(grid={"temperature": [1]}), "values should be given for temperature, noise"),
        (without(combinations=[{}]), "one of grid, random and combinations"),
        (without(figure={"x": "temprature"}), "not temprature"),
        (without(measures=[]), "measures: "),
        (without(grid={"temperature": [True], "noise": [1]}), "grid.temperature.0"),
        (without(parameters={"method": "seed"}), "a parameter cannot be called method"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_in_one_line(tmp_path, content, said):
    file = tmp_path / "t.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        read(file)
    assert str(refusal.value).startswith(f"{file}: ")
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fixed": {"mixture.member": 4}}, "params.yaml has no mixture.member"),
        ({"targets": ["mixture_evaluate@nobody"]}, "nobody"),
        ({"targets": ["mixture_figures"]}, "mixture_figures measures nothing"),
    ],
)
def test_keys_and_targets_that_are_not_there_are_refused(monkeypatch, changes, said):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("jepatlas_dvc.check", lambda arguments: None)  # the next test's business
    sweep = Sweep.model_validate(without(**changes))
    with pytest.raises(InputError, match=said):
        check(Path("t.yaml"), sweep, experiments("t", sweep))


def test_a_value_is_refused_as_in_params_yaml(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    content = without(
        parameters={"world": "mixture.mixture"},
        grid={"world": ["nowhere", "document"]},
        figure={"x": "world"},
    )
    sweep = Sweep.model_validate(content)
    with pytest.raises(SystemExit) as ended:
        check(Path("t.yaml"), sweep, experiments("t", sweep))
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "mixture.mixture: should be one of document, asymmetric, is 'nowhere'" in said


@pytest.mark.parametrize("file", sorted(ROOT.glob("sweeps/*.yaml")), ids=lambda file: file.stem)
def test_committed_sweeps_make_experiments(file):
    assert len(experiments(file.stem, read(file))) > 1
