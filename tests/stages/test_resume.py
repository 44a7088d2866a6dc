"""A training that is killed at any moment ends in the bytes of one that was not."""

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

EPOCHS = 12
KILLS = 6
TRAIN = [sys.executable, "-m", "stages.images.train", "jepa"]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = project.copy(tmp_path_factory.mktemp("resume") / "jepatlas")

    def edit(params: dict) -> None:
        # Neighbours are found from the state at the start of an epoch, which is to be had again.
        params["images"]["methods"]["jepa"] |= {"epochs": EPOCHS, "neighbours": 3}

    project.change(root, edit)
    project.run(root, sys.executable, "-m", "stages.images.data")
    return root


def results(root: Path) -> dict[str, bytes]:
    """Every file that the stage leaves, and nothing of git's."""
    folders = ("data/images/trained", "plots/images/training")
    found = [file for folder in folders for file in (root / folder).rglob("*") if file.is_file()]
    files = [file for file in found if file.name != ".gitignore"]
    return {str(file.relative_to(root)): file.read_bytes() for file in files}


def checkpoints(root: Path) -> list[Path]:
    return list((root / "data/checkpoints").glob("*.checkpoint"))


def start(root: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(TRAIN, cwd=root, text=True, stderr=subprocess.PIPE)


def test_killed_at_random_moments_it_ends_in_the_same_bytes(clone: Path) -> None:
    begun = time.monotonic()
    project.run(clone, *TRAIN)
    whole, duration = results(clone), time.monotonic() - begun
    assert whole
    assert not checkpoints(clone)
    moments, killed, resumed = random.Random(0), 0, 0
    for file in whole:
        (clone / file).unlink()
    while killed < KILLS:
        process = start(clone)
        time.sleep(duration * moments.uniform(0.4, 0.9))
        resumed += bool(checkpoints(clone))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        _, errors = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), errors
        if process.returncode == 0:
            assert results(clone) == whole
    assert resumed  # at least one kill came after an epoch
    project.run(clone, *TRAIN)
    assert results(clone) == whole
    assert not checkpoints(clone)


def test_a_damaged_checkpoint_is_set_aside_and_training_starts_over(clone: Path) -> None:
    project.run(clone, *TRAIN)
    whole = results(clone)
    process = start(clone)
    while not checkpoints(clone):
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    (file,) = checkpoints(clone)
    file.write_bytes(file.read_bytes()[:-1])
    ended = subprocess.run(TRAIN, cwd=clone, text=True, capture_output=True, check=True)
    assert f"{file.relative_to(clone)} is damaged" in ended.stderr
    assert list((clone / "data/checkpoints").glob("*.damaged"))
    assert results(clone) == whole
