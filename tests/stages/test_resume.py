"""A training that is killed at any moment ends in the bytes of one that was not, in every track."""

import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests import project

pytestmark = pytest.mark.slow

KILLS = 2
# In each track, a training of some seconds that draws at every step.
TRAININGS = {
    "mixture": "contrastive",
    "noisy_tv": "vae",
    "images": "jepa",
    "hidden_causes": "jepa_ema",
}
OFTEN = str(Path(__file__).with_name("often.py"))


@pytest.fixture(scope="module")
def clone(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = project.begin(tmp_path_factory.mktemp("resume") / "jepatlas")

    def edit(params: dict) -> None:
        params["mixture"]["methods"]["contrastive"]["default"]["steps"] = 3000
        params["noisy_tv"]["methods"]["vae"]["as_published"] |= {"steps": 3000, "batch": 64}
        # Neighbours are found from the state at the start of an epoch, which is to be had again.
        params["images"]["methods"]["jepa"] |= {"epochs": 7, "neighbours": 3}
        params["hidden_causes"]["methods"]["jepa_ema"]["steps"] = 2000

    project.change(root, edit)
    return root


@pytest.fixture(scope="module", params=TRAININGS)
def track(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def command(warm: list[str], track: str) -> list[str]:
    return [*warm, "-m", f"stages.{track}.train", TRAININGS[track]]


@pytest.fixture(scope="module")
def often(warm: list[str], track: str) -> list[str]:
    """The same, with many checkpoints."""
    return [*warm, OFTEN, f"stages.{track}.train", TRAININGS[track]]


@pytest.fixture(scope="module")
def whole(clone: Path, track: str, command: list[str]) -> dict[str, bytes]:
    """What a training leaves that nothing disturbed."""
    if (clone / f"stages/{track}/data.py").exists():
        project.run(clone, "python", "-m", f"stages.{track}.data")
    project.run(clone, *command)
    assert not checkpoints(clone)
    return results(clone, track)


def results(root: Path, track: str) -> dict[str, bytes]:
    """Every file that the stage leaves, and nothing of git's."""
    folders = (f"data/{track}/trained", f"plots/{track}/training")
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
    clone: Path, track: str, command: list[str], often: list[str], whole: dict[str, bytes]
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
            assert results(clone, track) == whole
        # On a fast machine the last step may be over by then, and the checkpoint gone.
        killed += bool(checkpoints(clone))
    project.run(clone, *command)
    assert results(clone, track) == whole
    assert not checkpoints(clone)


def test_a_damaged_checkpoint_is_set_aside_and_training_starts_over(
    clone: Path, track: str, command: list[str], often: list[str], whole: dict[str, bytes]
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
    assert results(clone, track) == whole
    for one in damaged:
        one.unlink()
