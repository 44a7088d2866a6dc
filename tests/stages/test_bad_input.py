"""Bad input: one line that names the culprit, exit status 2, and no output touched."""

import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jepatlas.common.base import storage
from tests import project
from tests.stages.refusals import contents, refusal

Edit = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def ran(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project with points and the trained `dsm`."""
    root = project.copy(tmp_path_factory.mktemp("bad") / "jepatlas")
    for stage in (["data"], ["train", "dsm"], ["evaluate", "dsm"]):
        project.run(root, "python", "-m", f"stages.mixture.{stage[0]}", *stage[1:])
    project.run(root, "python", "-m", "stages.noisy_tv.data")
    project.run(root, "python", "-m", "stages.noisy_tv.oracle")
    for name in ("jepa", "vae"):
        project.run(root, "python", "-m", "stages.noisy_tv.train", name)
    project.run(root, "python", "-m", "stages.noisy_tv.lqg")
    for stage in (["data"], ["train", "jepa"], ["decode", "jepa"]):
        project.run(root, "python", "-m", f"stages.images.{stage[0]}", *stage[1:])
    return root


@pytest.fixture
def clone(ran: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """It as the current directory, its parameters and data as they were after each test."""
    monkeypatch.chdir(ran)
    before = contents(ran)
    yield ran
    for name, content in before.items():
        (ran / name).write_bytes(content)


def at(path: str, value: Any) -> Edit:
    """An edit that sets the parameter at a dotted path."""
    *parents, last = path.split(".")

    def edit(params: dict[str, Any]) -> None:
        for key in parents:
            params = params[key]
        params[last] = value

    return edit


DATA, TRAIN, EVALUATE = ["mixture.data"], ["mixture.train", "dsm"], ["mixture.evaluate", "dsm"]
dsm = "mixture.methods.dsm.default"
TV_DATA, TV_TRAIN, TV_EVALUATE = (
    ["noisy_tv.data"],
    ["noisy_tv.train", "jepa"],
    ["noisy_tv.evaluate", "vae"],
)
IMAGES, IMAGES_TRAIN = ["images.data"], ["images.train", "jepa"]
IMAGES_EVALUATE, IMAGES_DECODE = ["images.evaluate", "jepa"], ["images.decode", "jepa"]
HIDDEN_TRAIN, HIDDEN_EXACT = ["hidden_causes.train", "jepa_ema"], ["hidden_causes.exact"]
images_jepa, hidden = "images.methods.jepa", "hidden_causes.methods.jepa_ema"
system, jepa = "noisy_tv.system", "noisy_tv.methods.jepa.default"
partial = "noisy_tv.partially_observed"


@pytest.mark.parametrize(
    ("stage", "path", "value", "named"),
    [
        (DATA, "seed", -1, ["seed", "greater than or equal to 0", "-1"]),
        (DATA, "mixture.members", 0, ["mixture.members", "greater than or equal to 1", "0"]),
        (DATA, "mixture.members", "many", ["mixture.members", "integer", "'many'"]),
        (TRAIN, "mixture.mixture", "documnet", ["data/mixture/points/documnet.npz: no such file"]),
        (TRAIN, f"{dsm}.mixture", "documnet", ["data/mixture/points/documnet.npz: no such file"]),
        (
            DATA,
            "mixture.data.train",
            3,
            ["mixture.data.train", "greater than or equal to 100", "3"],
        ),
        (
            DATA,
            "mixture.data.trian",
            3,
            ["mixture.data.trian", "unknown key", "probe, test, train"],
        ),
        (
            DATA,
            "mixture.mixtures.document.weights",
            [0.4, 0.4, 0.4],
            ["document", "weights", "1.2"],
        ),
        (
            DATA,
            "mixture.mixtures.document.covariances",
            [[[1, 2], [2, 1]], [[1, 0], [0, 1]], [[1, 0], [0, 1]]],
            ["document", "covariance", "0", "positive definite"],
        ),
        (TRAIN, f"{dsm}.sigma", 0, [f"{dsm}.sigma", "greater than 0", "is 0"]),
        (TRAIN, f"{dsm}.sigma", "one", [f"{dsm}.sigma", "number", "'one'"]),
        (TRAIN, f"{dsm}.sigmaa", 1, [f"{dsm}.sigmaa", "unknown key", "sigma, steps"]),
        (TRAIN, f"{dsm}.steps", True, [f"{dsm}.steps", "True"]),
        (TRAIN, f"{dsm}.schedule", "linear", [f"{dsm}.schedule", "'constant' or 'cosine'"]),
        (
            TRAIN,
            "mixture.methods.dsm.family",
            "energies",
            ["mixture.methods.dsm.family", "score_matching", "'energies'"],
        ),
        (TRAIN, f"{dsm}.hidden", [], [f"{dsm}.hidden", "at least 1"]),
        (TRAIN, f"{dsm}.sigma", 1e30, [dsm, "member 0", "step", "learning_rate"]),
        (TRAIN, "mixture.snapshots", 1, ["mixture.snapshots", "greater than or equal to 2"]),
        (TRAIN, "arithmetic", "exact", ["arithmetic", "'fast' or 'portable'", "'exact'"]),
        (TRAIN, "device", "gpu", ["device", "'auto', 'cpu' or 'cuda'", "'gpu'"]),
        (
            EVALUATE,
            "mixture.evaluation.collapsed",
            1,
            ["mixture.evaluation.collapsed", "less than 1"],
        ),
        (EVALUATE, "mixture.landscape.x", [5, -5], ["mixture.landscape", "low to high"]),
        (EVALUATE, "mixture.langevin.chains", 0, ["mixture.langevin.chains", "is 0"]),
        (
            EVALUATE,
            f"{dsm}.hidden",
            [9],
            ["data/mixture/trained/dsm/default.safetensors: the weights do not fit", "dvc repro"],
        ),
        (TV_DATA, f"{system}.contraction", 1, [f"{system}.contraction", "spectral radius", "1"]),
        (TV_DATA, f"{system}.memory", 1.5, [f"{system}.memory", "spectral radius", "1.5"]),
        (TV_DATA, f"{system}.signal", 3, [system, "signal should be even", "rotations", "3"]),
        (TV_DATA, f"{system}.signal_noise", -1, [f"{system}.signal_noise", "greater than 0"]),
        (TV_DATA, f"{system}.observation_noise", -1, ["observation_noise", "greater than 0"]),
        (TV_DATA, f"{partial}.seeds", 0, [f"{partial}.seeds", "greater than or equal to 1"]),
        (TV_DATA, f"{partial}.systems.few_sensors.observation", 0, ["few_sensors.observation"]),
        (TV_DATA, f"{partial}.systems.few_sensors.sensors", 6, ["few_sensors.sensors: unknown"]),
        (TV_DATA, f"{partial}.systems.default", {}, [f"{partial}.systems.default", "choose"]),
        (TV_DATA, "noisy_tv.data.test", 20, ["noisy_tv.data.test", "100", "20"]),
        (TV_TRAIN, "noisy_tv.sweep.scales", [-1], ["sweep.scales.0", "greater than or equal to 0"]),
        (TV_TRAIN, "noisy_tv.recipes.default.memories", [1.0], ["memories", "spectral radius"]),
        (TV_TRAIN, f"{jepa}.latent", 21, [f"{jepa}.latent", "at most", "observation, 20", "21"]),
        (TV_TRAIN, f"{jepa}.frames", "bic", [f"{jepa}.frames: should be 'aic' or a number"]),
        (TV_TRAIN, f"{jepa}.frames", 0, [f"{jepa}.frames: should be 'aic' or a number"]),
        (TV_TRAIN, f"{jepa}.spare", -1, [f"{jepa}.spare", "greater than or equal to 0"]),
        (TV_TRAIN, f"{jepa}.depth", 1, [jepa, "batch should be given"]),
        (TV_TRAIN, f"{jepa}.learning_rate", 1e6, [jepa, "member", "step"]),
        (TV_EVALUATE, "noisy_tv.evaluation.horizons", [50], ["noisy_tv.data.test", "150", "130"]),
        (TV_EVALUATE, "noisy_tv.evaluation.drawn_scale", 3, ["evaluation.drawn_scale", "is 3"]),
        (IMAGES, "images.data.set", "minst", ["images.data.set", "'digits' or 'own'", "'minst'"]),
        (IMAGES, "images.data.fallback", "mnist", ["images.data.fallback", "'digits'", "'mnist'"]),
        (IMAGES, "images.data.path", "nowhere", ["images.data.path", "no nowhere"]),
        (IMAGES, "images.data.pth", "", ["images.data.pth", "fallback, path, set"]),
        (IMAGES_TRAIN, f"{images_jepa}.batch", 1190, [f"{images_jepa}.batch", "1189", "1190"]),
        (IMAGES_TRAIN, f"{images_jepa}.strength", 1.5, [f"{images_jepa}.strength", "1.5"]),
        (IMAGES_TRAIN, f"{images_jepa}.photometric", -1, [f"{images_jepa}.photometric", "is -1"]),
        (IMAGES_TRAIN, f"{images_jepa}.neighbours", 1189, [f"{images_jepa}.neighbours", "1189"]),
        (IMAGES_TRAIN, f"{images_jepa}.neighbours", -1, [f"{images_jepa}.neighbours", "is -1"]),
        (IMAGES_TRAIN, "images.members", 0, ["images.members", "is 0"]),
        (IMAGES_TRAIN, f"{images_jepa}.members", 1, [f"{images_jepa}.members", "unknown key"]),
        (IMAGES_TRAIN, f"{images_jepa}.ensemble_size", 0, [f"{images_jepa}.ensemble_size"]),
        (IMAGES_TRAIN, f"{images_jepa}.warm_up", 1, [f"{images_jepa}.warm_up", "less than 1"]),
        (IMAGES_TRAIN, f"{images_jepa}.family", "sigreg", ["should be 'prediction'", "'sigreg'"]),
        (
            TRAIN,
            "mixture.methods.dsm.family",
            "sigreg",
            ["mixture.methods.dsm.family", "'score_matching'", "'sigreg'"],
        ),
        (TRAIN, f"{dsm}.weight_decay", -1, [f"{dsm}.weight_decay", "is -1"]),
        (TV_TRAIN, "noisy_tv.methods.jepa.family", "gating", ["'decorrelation'", "'gating'"]),
        (HIDDEN_TRAIN, f"{hidden}.family", "sigreg", [hidden, "'prediction'", "'sigreg'"]),
        (IMAGES_TRAIN, f"{images_jepa}.convolutions", 0, [f"{images_jepa}.convolutions", "is 0"]),
        (IMAGES_TRAIN, f"{images_jepa}.erosion", "gray", [f"{images_jepa}.erosion", "'gray'"]),
        (IMAGES_TRAIN, f"{images_jepa}.channels", [], [f"{images_jepa}.channels", "at least 1"]),
        (IMAGES_TRAIN, f"{images_jepa}.slices", 8, [f"{images_jepa}.slices", "unknown key"]),
        (IMAGES_TRAIN, f"{images_jepa}.learning_rate", 1e6, [images_jepa, "step", "smaller"]),
        (IMAGES_TRAIN, "images.precision", "half", ["images.precision", "'bfloat16'", "'half'"]),
        (IMAGES_TRAIN, "images.snapshots", 1, ["images.snapshots", "is 1"]),
        (
            IMAGES_EVALUATE,
            f"{images_jepa}.dim",
            8,
            ["data/images/trained/jepa.safetensors: the weights do not fit the networks"],
        ),
        (IMAGES_DECODE, "images.decoder.batch", 1190, ["images.decoder.batch", "1189", "1190"]),
        (IMAGES_DECODE, "images.decoder.epochs", 0, ["images.decoder.epochs", "is 0"]),
        (IMAGES_DECODE, "images.decoder.learning_rate", 1e6, ["images.decoder (jepa)", "at step"]),
        (HIDDEN_TRAIN, "hidden_causes.seeds", 0, ["hidden_causes.seeds", "is 0"]),
        (HIDDEN_TRAIN, f"{hidden}.averaging", 1, [f"{hidden}.averaging", "less than 1"]),
        (HIDDEN_TRAIN, f"{hidden}.learning_rate", 1e6, [hidden, "member", "at step"]),
        (HIDDEN_EXACT, "hidden_causes.worlds.shapes.alphas", [0], ["worlds.shapes.alphas.0"]),
    ],
)
def test_a_parameter(
    stage: list[str],
    path: str,
    value: Any,
    named: list[str],
    clone: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    project.change(clone, at(path, value))
    said = refusal(f"stages.{stage[0]}", stage[1:], monkeypatch, capsys)
    for name in named:
        assert name in said


def test_an_unknown_method(clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    said = refusal("stages.mixture.train", ["dsmm"], monkeypatch, capsys)
    assert "mixture.methods.dsmm" in said
    assert "barlow_twins, contrastive, dsm" in said


@pytest.mark.parametrize(
    ("stage", "file"),
    [
        (TRAIN, "data/mixture/points/document.npz"),
        (EVALUATE, "data/mixture/points/document.npz"),
        (EVALUATE, "data/mixture/trained/dsm/as_published.safetensors"),
        (TV_TRAIN, "data/noisy_tv/trajectories/own.npz"),
        (TV_EVALUATE, "data/noisy_tv/trained/vae/as_published.safetensors"),
        (TV_EVALUATE, "data/noisy_tv/oracle/default.npz"),
        (IMAGES_EVALUATE, "data/images/decoders/jepa.safetensors"),
        (IMAGES_TRAIN, "data/images/images.npz"),
        (IMAGES_EVALUATE, "data/images/trained/jepa.safetensors"),
        (IMAGES_DECODE, "data/images/trained/jepa.safetensors"),
    ],
)
@pytest.mark.parametrize("damage", ["missing", "truncated", "a flipped bit", "a text"])
def test_an_input_file(
    stage: list[str],
    file: str,
    damage: str,
    clone: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    path = clone / file
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "a flipped bit":
        place = 2 * len(content) // 3
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    else:
        path.write_text("A text.", encoding="utf-8")
    said = refusal(f"stages.{stage[0]}", stage[1:], monkeypatch, capsys)
    assert said.startswith(f"error: {file}: ")
    assert "; `dvc repro` makes it" in said


@pytest.mark.parametrize(
    ("stage", "file", "name"),
    [
        (TRAIN, "data/mixture/points/document.npz", "train"),
        (EVALUATE, "data/mixture/points/document.npz", "test_components"),
        (TV_TRAIN, "data/noisy_tv/trajectories/own.npz", "drive"),
        (TV_EVALUATE, "data/noisy_tv/oracle/default.npz", "covariance"),
        (["noisy_tv.lqg"], "data/noisy_tv/oracle/default.npz", "now"),
        (["noisy_tv.control", "jepa"], "data/noisy_tv/oracle/few_sensors.npz", "mean"),
        (["noisy_tv.control", "jepa"], "data/noisy_tv/lqg/default.npz", "no_input"),
        (IMAGES_TRAIN, "data/images/images.npz", "train_labels"),
    ],
)
@pytest.mark.parametrize("damage", [None, "a flipped bit", "another type", "another shape"])
def test_an_array_of_an_input_file(
    stage: list[str],
    file: str,
    name: str,
    damage: str | None,
    clone: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    arrays = storage.read_arrays(clone / file)
    array = arrays.pop(name)
    if damage == "another type":
        arrays[name] = array.astype(np.float32)
    elif damage:
        arrays[name] = array[..., :-1] if damage == "another shape" else array
    storage.write_arrays(clone / file, arrays)
    if damage == "a flipped bit":
        content = bytearray((clone / file).read_bytes())
        content[-len(content) // 3] ^= 1
        (clone / file).write_bytes(content)
    said = refusal(f"stages.{stage[0]}", stage[1:], monkeypatch, capsys)
    assert said.startswith(f"error: {file}: ")
    assert said.endswith("`dvc repro` makes it anew\n")


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (
            "sead",
            1,
            [
                "sead: unknown key; the top level takes: "
                "arithmetic, device, hidden_causes, images, mixture, noisy_tv, note, seed"
            ],
        ),
        ("mixture.metods", {}, ["mixture.metods: unknown key"]),
        ("mixture.methods.dsmm", {"family": "gating"}, ["mixture.methods.dsmm: unknown method"]),
        ("mixture.methods.dsm.default.sigma", -1, ["mixture.methods.dsm.default.sigma", "-1"]),
        ("mixture.mixture", "documnet", ["mixture.mixture: should be one of document, asymmetric"]),
        ("note", "", ["note", "at least 1"]),
        ("mixture.methods", {}, ["mixture.methods", "one method or more"]),
        ("mixture.methods", None, ["mixture.methods", "one method or more", "None"]),
        ("mixture.methods.dsm", None, ["mixture.methods.dsm", "None"]),
        ("mixture.methods.dsm", {}, ["mixture.methods.dsm.family: missing"]),
        (
            "mixture.methods.dsm",
            {"family": "score_matching"},
            ["mixture.methods.dsm.default: missing"],
        ),
        ("mixture.methods.dsm.as_published", None, ["mixture.methods.dsm.as_published", "None"]),
        (
            "mixture.methods.dsm.as_published.mixture",
            "documnet",
            ["dsm.as_published.mixture: should be one of document, asymmetric, is 'documnet'"],
        ),
        ("noisy_tv.methods.jeap", {"family": "gating"}, ["noisy_tv.methods.jeap: unknown method"]),
        (
            "noisy_tv.methods.jepa",
            {"family": "decorrelation"},
            ["noisy_tv.methods.jepa.as_published: missing"],
        ),
        ("images.data.set", "minst", ["images.data.set", "'minst'"]),
        (
            "images.methods.jeap",
            {"family": "gating"},
            ["images.methods.jeap: unknown method", "jepa, jepa_sigreg, lejepa"],
        ),
        ("images.decoder.epoch", 3, ["images.decoder.epoch: unknown key"]),
        ("noisy_tv.data.test", 110, ["noisy_tv.data.test: should be at least 120", "is 110"]),
    ],
)
def test_the_check_of_everything(
    path: str,
    value: Any,
    named: list[str],
    clone: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    project.change(clone, at(path, value))
    said = refusal("jepatlas.check", [], monkeypatch, capsys)
    for name in named:
        assert name in said


@pytest.mark.parametrize(("path", "asked"), [("images.precision", "bfloat16"), ("device", "cuda")])
def test_what_few_processors_have_is_not_portable(
    path: str, asked: str, clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    project.change(clone, at(path, asked))
    project.change(clone, at("arithmetic", "portable"))
    said = refusal("jepatlas.check", [], monkeypatch, capsys)
    assert said.startswith(
        f"error: params.yaml: {path}: is '{asked}', but arithmetic is 'portable'"
    )


def test_good_parameters_pass_the_check(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["jepatlas.check"])
    monkeypatch.delitem(sys.modules, "jepatlas.check", raising=False)
    runpy.run_module("jepatlas.check", run_name="__main__")
