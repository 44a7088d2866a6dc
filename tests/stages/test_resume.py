"""A training that is killed at any moment ends in the bytes of one that was not, in every track,
and so does that of decoders.
"""

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests import project

pytestmark = pytest.mark.slow

KILLS = 2
# Trainings of some seconds that draw at every step: the stage, its method, and what runs before it.
TRAININGS: dict[str, tuple[str, list[str]]] = {
    "mixture.train": ("contrastive", ["mixture.data"]),
    "noisy_tv.train": ("vae", ["noisy_tv.data"]),
    "images.train": ("jepa", ["images.data"]),
    "images.decode": ("jepa", ["images.data", "images.train jepa"]),
    "hidden_causes.train": ("jepa_ema", []),
}
RESULTS = {"train": ("trained", "training"), "decode": ("decoders", "decoding")}
OFTEN = str(Path(__file__).with_name("often.py"))


@pytest.fixture(scope="module")
def clone(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = project.begin(tmp_path_factory.mktemp("resume") / "jepatlas")

    def edit(params: dict) -> None:
        params["mixture"]["methods"]["contrastive"]["default"]["steps"] = 3000
        params["noisy_tv"]["methods"]["vae"]["as_published"] |= {"steps": 3000, "batch": 64}
        # Neighbours are found from the state at the start of an epoch, which is to be had again.
        params["images"]["methods"]["jepa"] |= {"epochs": 7, "neighbours": 3}
        params["images"]["decoder"]["epochs"] = 7
        params["hidden_causes"]["methods"]["jepa_ema"]["steps"] = 2000

    project.change(root, edit)
    return root


@pytest.fixture(scope="module", params=TRAININGS)
def stage(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def command(warm: list[str], stage: str) -> list[str]:
    method, _ = TRAININGS[stage]
    return [*warm, "-m", f"stages.{stage}", method]


@pytest.fixture(scope="module")
def often(warm: list[str], stage: str) -> list[str]:
    """The same, with many checkpoints."""
    method, _ = TRAININGS[stage]
    return [*warm, OFTEN, f"stages.{stage}", method]


@pytest.fixture(scope="module")
def whole(clone: Path, stage: str, command: list[str]) -> dict[str, bytes]:
    """What a training leaves that nothing disturbed."""
    _, before = TRAININGS[stage]
    for earlier in before:
        project.run(clone, "python", "-m", *f"stages.{earlier}".split())
    project.run(clone, *command)
    assert not checkpoints(clone)
    return results(clone, stage)


def results(root: Path, stage: str) -> dict[str, bytes]:
    """Every file that the stage leaves, and nothing of git's."""
    track, kind = stage.split(".")
    trained, curves = RESULTS[kind]
    folders = (f"data/{track}/{trained}", f"plots/{track}/{curves}")
    found = [file for folder in folders for file in (root / folder).rglob("*") if file.is_file()]
    files = [file for file in found if file.name != ".gitignore"]
    return {str(file.relative_to(root)): file.read_bytes() for file in files}


def checkpoints(root: Path) -> dict[Path, int]:
    """When each whole one was written: one that is being written has a dot before its name."""
    found = (root / "data/checkpoints").glob("[!.]*.checkpoint")
    return {file: file.stat().st_mtime_ns for file in found}


def start(root: Path, often: list[str]) -> subprocess.Popen[str]:
    """Begin a training, or go on with it, and return when it has written a checkpoint."""
    before = checkpoints(root)
    process = subprocess.Popen(often, cwd=root, text=True, stderr=subprocess.PIPE)
    while checkpoints(root) in ({}, before):
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.01)
    return process


def test_killed_at_random_moments_it_ends_in_the_same_bytes(
    clone: Path, stage: str, command: list[str], often: list[str], whole: dict[str, bytes]
) -> None:
    assert whole
    for file in whole:
        (clone / file).unlink()
    moments, killed = random.Random(0), 0
    while killed < KILLS:
        process = start(clone, often)
        time.sleep(moments.uniform(0, 0.3))
        process.kill()
        _, errors = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), errors
        if process.returncode == 0:
            assert results(clone, stage) == whole
        # On a fast machine the last step may be over by then, and the checkpoint gone.
        killed += bool(checkpoints(clone))
    project.run(clone, *command)
    assert results(clone, stage) == whole
    assert not checkpoints(clone)


def test_a_damaged_checkpoint_is_set_aside_and_training_starts_over(
    clone: Path, stage: str, command: list[str], often: list[str], whole: dict[str, bytes]
) -> None:
    process = start(clone, often)
    process.kill()
    process.communicate()
    (file,) = checkpoints(clone)
    file.write_bytes(file.read_bytes()[:-1])
    ended = subprocess.run(command, cwd=clone, text=True, capture_output=True, check=True)
    assert f"{file.relative_to(clone)} is damaged" in ended.stderr
    damaged = list((clone / "data/checkpoints").glob("*.damaged"))
    assert damaged
    assert results(clone, stage) == whole
    for one in damaged:
        one.unlink()
