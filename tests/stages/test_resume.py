"""A training that is killed at any moment ends in the bytes of one that was not, in every track."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import project

pytestmark = pytest.mark.slow

KILLS = 2
# In each track, a training of some seconds.
TRAININGS = {"mixture": "contrastive", "noisy_tv": "jepa", "images": "jepa"}
# The stage as it is, but with checkpoints so often that a short training writes many.
OFTEN = """
import runpy, sys
import stages
from jepatlas.common.learning import training

training.CHECKPOINT_EVERY = 0.2
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = project.copy(tmp_path_factory.mktemp("resume") / "jepatlas")

    def edit(params: dict) -> None:
        params["mixture"]["methods"]["contrastive"]["steps"] = 1500
        params["noisy_tv"]["methods"]["jepa"]["as_published"]["steps"] = 1500
        # Neighbours are found from the state at the start of an epoch, which is to be had again.
        params["images"]["methods"]["jepa"] |= {"epochs": 7, "neighbours": 3}

    project.change(root, edit)
    project.run(root, "git", "init", "--quiet")
    project.commit(root, "Begin")
    return root


@pytest.fixture(scope="module", params=TRAININGS)
def track(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def whole(clone: Path, track: str) -> dict[str, bytes]:
    """What a training leaves that nothing disturbed."""
    project.run(clone, sys.executable, "-m", f"stages.{track}.data")
    project.run(clone, *command(track))
    assert not checkpoints(clone)
    return results(clone, track)


def command(track: str) -> list[str]:
    return [sys.executable, "-m", f"stages.{track}.train", TRAININGS[track]]


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


def start(root: Path, track: str) -> subprocess.Popen[str]:
    """Begin a training, or go on with it, and return when it has written a checkpoint."""
    before = checkpoints(root)
    often = [sys.executable, "-c", OFTEN, *command(track)[2:]]
    process = subprocess.Popen(often, cwd=root, text=True, stderr=subprocess.PIPE)
    while checkpoints(root) in ({}, before):
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.01)
    return process


def test_killed_at_random_moments_it_ends_in_the_same_bytes(
    clone: Path, track: str, whole: dict[str, bytes]
) -> None:
    assert whole
    for file in whole:
        (clone / file).unlink()
    moments, killed = random.Random(0), 0
    while killed < KILLS:
        process = start(clone, track)
        time.sleep(moments.uniform(0, 0.6))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        _, errors = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), errors
        if process.returncode == 0:
            assert results(clone, track) == whole
    assert checkpoints(clone)
    project.run(clone, *command(track))
    assert results(clone, track) == whole
    assert not checkpoints(clone)


def test_a_damaged_checkpoint_is_set_aside_and_training_starts_over(
    clone: Path, track: str, whole: dict[str, bytes]
) -> None:
    process = start(clone, track)
    process.kill()
    process.communicate()
    (file,) = checkpoints(clone)
    file.write_bytes(file.read_bytes()[:-1])
    ended = subprocess.run(command(track), cwd=clone, text=True, capture_output=True, check=True)
    assert f"{file.relative_to(clone)} is damaged" in ended.stderr
    damaged = list((clone / "data/checkpoints").glob("*.damaged"))
    assert damaged
    assert results(clone, track) == whole
    for one in damaged:
        one.unlink()
