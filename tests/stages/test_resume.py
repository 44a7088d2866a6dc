"""A training that is killed at any moment ends in the bytes of one that was not, in every track."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import project

pytestmark = pytest.mark.slow

KILLS = 4
# In each track, a training of some seconds, so that there are checkpoints.
TRAININGS = {"mixture": "contrastive", "noisy_tv": "jepa", "images": "jepa"}
EVERY = pytest.mark.parametrize("track", TRAININGS)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = project.copy(tmp_path_factory.mktemp("resume") / "jepatlas")

    def edit(params: dict) -> None:
        params["mixture"]["methods"]["contrastive"]["steps"] = 3000
        params["noisy_tv"]["methods"]["jepa"]["as_published"]["steps"] = 4000
        # Neighbours are found from the state at the start of an epoch, which is to be had again.
        params["images"]["methods"]["jepa"] |= {"epochs": 20, "neighbours": 3}

    project.change(root, edit)
    project.run(root, "git", "init", "--quiet")
    project.commit(root, "Begin")
    for track in TRAININGS:
        project.run(root, sys.executable, "-m", f"stages.{track}.data")
    return root


def command(track: str) -> list[str]:
    return [sys.executable, "-m", f"stages.{track}.train", TRAININGS[track]]


def results(root: Path, track: str) -> dict[str, bytes]:
    """Every file that the stage leaves, and nothing of git's."""
    folders = (f"data/{track}/trained", f"plots/{track}/training")
    found = [file for folder in folders for file in (root / folder).rglob("*") if file.is_file()]
    files = [file for file in found if file.name != ".gitignore"]
    return {str(file.relative_to(root)): file.read_bytes() for file in files}


def checkpoints(root: Path) -> list[Path]:
    """Whole ones: one that is being written has a dot before its name."""
    return list((root / "data/checkpoints").glob("[!.]*.checkpoint"))


def start(root: Path, track: str) -> subprocess.Popen[str]:
    return subprocess.Popen(command(track), cwd=root, text=True, stderr=subprocess.PIPE)


@EVERY
def test_killed_at_random_moments_it_ends_in_the_same_bytes(clone: Path, track: str) -> None:
    begun = time.monotonic()
    project.run(clone, *command(track))
    whole, duration = results(clone, track), time.monotonic() - begun
    assert whole
    assert not checkpoints(clone)
    moments, killed, resumed = random.Random(0), 0, 0
    for file in whole:
        (clone / file).unlink()
    while killed < KILLS:
        process = start(clone, track)
        time.sleep(duration * moments.uniform(0.5, 0.9))
        resumed += bool(checkpoints(clone))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        _, errors = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), errors
        if process.returncode == 0:
            assert results(clone, track) == whole
            duration *= 0.7  # resumed trainings are shorter
    assert resumed  # at least one kill came after a checkpoint
    project.run(clone, *command(track))
    assert results(clone, track) == whole
    assert not checkpoints(clone)


@EVERY
def test_a_damaged_checkpoint_is_set_aside_and_training_starts_over(
    clone: Path, track: str
) -> None:
    project.run(clone, *command(track))
    whole = results(clone, track)
    process = start(clone, track)
    while not checkpoints(clone):
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
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
