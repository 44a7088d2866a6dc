"""Experiments side by side on one machine: some at work, progress told, failures listed.

Each is a `dvc exp run` of the target stages in a copy of the project. What it says goes to a log,
which it and its stages hold locked: so a sweep that starts again finds those that outlived a killed
one, and ends them.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jepatlas.common.base.parameters import InputError
from jepatlas.sweeps.check import settings
from jepatlas.sweeps.copies import Project
from jepatlas.sweeps.experiments import Experiment
from jepatlas.sweeps.progress import Progress

FOLDER = Path(".dvc/tmp/sweeps")  # copies, logs, and the number of each log's process
PROGRAMS = Path(sys.executable).parent  # of this environment, whatever is on PATH
OF_DVC = ("ERROR: failed to reproduce", "Having any troubles?")  # not why a stage failed


@dataclass
class Runner:
    """`workers` experiments at a time, each stage of them on `threads` threads."""

    project: Project
    targets: Sequence[str]
    message: str
    workers: int
    threads: int
    running: dict[Experiment, subprocess.Popen[bytes]] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)

    def run(self, missing: Sequence[Experiment], progress: Progress) -> None:
        """Run what is missing of a sweep."""
        waiting = list(missing)
        try:
            while waiting or self.running:
                while waiting and len(self.running) < self.workers:
                    self.start(waiting.pop(0))
                for experiment in [e for e, run in self.running.items() if run.poll() is not None]:
                    self.finish(experiment, progress)
                now, unfinished = time.monotonic(), len(waiting) + len(self.running)
                spent = sum(now - self.begun[experiment.name] for experiment in self.running)
                left = progress.time_left(unfinished, self.workers, spent)
                progress.tell(len(self.running), len(waiting), left)
                time.sleep(0.1)
        finally:
            for process in self.running.values():
                _end(process.pid)

    def start(self, experiment: Experiment) -> None:
        folder, number = FOLDER / experiment.name, FOLDER / f"{experiment.name}.pid"
        number.unlink(missing_ok=True)
        with locked(FOLDER / f"{experiment.name}.log") as log:
            self.begun[experiment.name] = time.monotonic()
            self.project.copy(folder)
            command = [str(PROGRAMS / "dvc"), "exp", "run", "--name", experiment.name]
            process = subprocess.Popen(
                [*command, "--message", self.message, *settings(experiment), *self.targets],
                cwd=folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # ended as a whole, with its stages
            )
            number.write_text(str(process.pid), encoding="utf-8")
        self.running[experiment] = process

    def environment(self) -> dict[str, str]:
        path = f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', '')}"
        return {**os.environ, "PATH": path, "OMP_NUM_THREADS": str(self.threads)}

    def finish(self, experiment: Experiment, progress: Progress) -> None:
        folder, process = FOLDER / experiment.name, self.running.pop(experiment)
        if process.returncode:
            log = (FOLDER / f"{experiment.name}.log").read_text(encoding="utf-8", errors="replace")
            progress.fail(experiment.name, last_line(log))
        else:
            self.project.bring_home(folder, experiment)
            progress.took.append(time.monotonic() - self.begun[experiment.name])
        shutil.rmtree(folder)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One sweep at a time in a project; what a killed one left at work is ended."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError("sweeps: another sweep runs in this project") from None
        for log in FOLDER.glob("*.log"):
            _end_owner(log)
        yield


@contextlib.contextmanager
def locked(log: Path) -> Iterator[int]:
    """An empty log that stays locked while any process has it open that is started here."""
    file = os.open(log, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _end_owner(log: Path) -> None:
    with log.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with contextlib.suppress(FileNotFoundError, ValueError):
                _end(int(log.with_suffix(".pid").read_text(encoding="utf-8")))
            fcntl.flock(file, fcntl.LOCK_EX)  # when they are gone


def _end(group: int) -> None:
    """A process with its stages, in the copy that is nobody's but its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def last_line(log: str) -> str:
    """What an experiment said last; DVC's own words about the stage that failed are left out."""
    lines = [line.strip() for line in log.splitlines()]
    said = [line for line in lines if line and not line.startswith(OF_DVC)]
    return (said or ["said nothing"])[-1]
