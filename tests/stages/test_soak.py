"""`make soak`: what takes too long for every change. The last results stand in docs/guarantees.md.

KILLS, FILLS and FILES say how many kills, full disks and parameter files; each test ends with a
line for the document.
"""

import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
import yaml

from tests import project, valid

pytestmark = pytest.mark.soak

KILLS = int(os.environ.get("KILLS") or 60)
FILLS = int(os.environ.get("FILLS") or 10)
FILES = int(os.environ.get("FILES") or 200)
OURS = re.compile(r"error: |failed: \w+(@\w+)?: |warning: dvc\.lock was cut short")
REPRO = [sys.executable, "tools/repro.py", "--jobs", "2"]


def prepared(root: Path) -> Path:
    """A small project, committed, in which nothing has run."""
    project.copy(root)
    project.run(root, "git", "init", "--quiet")
    project.commit(root, "Begin")
    return root


def variables(root: Path) -> dict[str, str]:
    """DVC's and git's settings of the user play no part, nor what DVC keeps of other folders."""
    path = ":".join([*map(str, project.PROGRAMS), os.environ["PATH"]])
    site = str(root.parent / "site")
    return {**os.environ, "PATH": path, "HOME": str(root.parent), "DVC_SITE_CACHE_DIR": site}


def repro(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        REPRO, cwd=root, env=variables(root), capture_output=True, text=True, check=False
    )


def results(root: Path) -> dict[str, str]:
    """Every metric, table and picture, and dvc.lock."""
    files = [root / "dvc.lock", *root.glob("metrics/**/*"), *root.glob("plots/**/*")]
    return {
        str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if file.is_file() and file.name != ".gitignore"
    }


def say(line: str) -> None:
    print(f"\n| {time.strftime('%Y-%m-%d')} | {line} |")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], float]:
    """The results of a run that nothing disturbs, and its seconds."""
    root = prepared(tmp_path_factory.mktemp("whole") / "jepatlas")
    begun = time.monotonic()
    done = repro(root)
    assert done.returncode == 0, done.stderr
    return results(root), time.monotonic() - begun


def test_killed_at_random_moments_it_ends_with_the_same_results(
    tmp_path: Path, undisturbed: tuple[dict[str, str], float]
) -> None:
    """All of it at once, as when the power fails, or one process: DVC, or a stage."""
    whole, seconds = undisturbed
    moments, killed, finished = random.Random(0), Counter[str](), 0
    root = prepared(tmp_path / "jepatlas")
    while killed.total() < KILLS:
        with (root.parent / "said").open("w+", encoding="utf-8") as said:
            process = subprocess.Popen(
                REPRO, cwd=root, env=variables(root), stdout=said, stderr=subprocess.STDOUT
            )
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(moments.uniform(0, seconds / 4))
            if process.poll() is None:
                killed[kill(process.pid, moments)] += 1
            process.wait()
            said.seek(0)
            assert "Traceback" not in said.read()
        if process.returncode == 0:
            assert results(root) == whole
            finished += 1
            clear(root)
    done = repro(root)
    assert done.returncode == 0, done.stderr
    assert results(root) == whole
    kinds = ", ".join(f"{count} {name}" for name, count in killed.most_common())
    say(f"{KILLS} SIGKILLs ({kinds}), {finished + 1} runs to the end | the same results")


def kill(pid: int, moments: random.Random) -> str:
    """Kill a run, or one of its processes; what that was."""
    with contextlib.suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        below = first.children(recursive=True)
        all_of_it = moments.random() < 0.5 or not below
        victims = [first, *below] if all_of_it else [moments.choice(below)]
        named = "a stage" if any("stages." in word for word in victims[0].cmdline()) else "DVC"
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.send_signal(signal.SIGKILL)
        # The run itself is for its `Popen` to wait for, which else takes it for a success.
        psutil.wait_procs([victim for victim in victims if victim != first], timeout=30)
        return "of everything" if all_of_it else f"of {named}"
    return "too late"


def clear(root: Path) -> None:
    """Back to where nothing has run."""
    for name in ("data", "metrics", "plots", ".dvc/cache", ".dvc/tmp"):
        shutil.rmtree(root / name, ignore_errors=True)
    (root / "dvc.lock").unlink()
    project.run(root, "git", "checkout", "--quiet", ".")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 300 MB."""
    command = ["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", str(tmp_path)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def test_a_full_disk_is_a_line_and_nothing_is_lost(
    disk: Path, undisturbed: tuple[dict[str, str], float]
) -> None:
    whole, _ = undisturbed
    moments, stopped = random.Random(1), 0
    root = prepared(disk / "jepatlas")
    for _ in range(FILLS):
        free = shutil.disk_usage(disk).free
        left = moments.randrange(20_000_000)  # a run writes about that much
        (disk / "filler").write_bytes(bytes(max(free - left, 0)))
        done = repro(root)
        assert "Traceback" not in done.stderr + done.stdout
        if done.returncode:
            stopped += 1
            lines = done.stderr.splitlines()
            assert [line for line in lines if not OURS.match(line)] == []
            said = lines[-1]
            assert "o space left" in said or "disk is full" in said  # or SQLite's words
        (disk / "filler").unlink()
        done = repro(root)
        assert done.returncode == 0, done.stderr
        assert results(root) == whole
        clear(root)
    assert stopped
    say(f"{FILLS} full disks, of which {stopped} stopped a run | a line, then the same results")


def test_random_valid_parameters_run_through(tmp_path: Path, warm: list[str]) -> None:
    """As many at a time as there are cores."""
    rng = np.random.default_rng(0)
    folders = []
    for number in range(FILES):
        folders.append(tmp_path / str(number))
        (folders[-1] / "data/supplied").mkdir(parents=True)
        text = yaml.safe_dump(valid.parameters(rng), sort_keys=False, allow_unicode=True)
        (folders[-1] / "params.yaml").write_text(text, encoding="utf-8")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = [line for line in pool.map(partial(run_through, warm), folders) if line]
    assert not wrong, "\n".join(wrong)
    say(f"{FILES} random valid parameter files | all run through")


def run_through(command: list[str], root: Path) -> str:
    """Run all stages in a folder that has parameters only; what was wrong, else the folder goes."""
    path = f"{project.ROOT}:{project.ROOT / 'src'}"
    done = subprocess.run(
        [*command, "-m", "tests.stages.everything"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return f"{root}: {done.stderr}"
    if not (root / "plots/report/index.html").exists():
        return f"{root}: no page"
    for file in (root / "metrics").rglob("*.json"):
        if "null" in file.read_text(encoding="utf-8"):  # as what is not a number is written
            return f"{file}: null"
    shutil.rmtree(root)
    return ""
