"""What a node of a cluster does for one experiment.

It is sent there as it stands, to a Python that has Ray and no jepatlas, so it uses nothing but
Python's own library. In the node's scratch folder, `environments` are kept, one for each Python and
lock file, and DVC's `cache`, which all experiments on the node share.
"""

import fcntl
import getpass
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# Of which tools/bootstrap.py makes an environment.
LOCKED = ("requirements.lock", "requirements-alone.lock", "pyproject.toml")


@dataclass(frozen=True)
class Job:
    """git: the remote's address; settings: Git's; remote: DVC's settings of its remote, as in
    .dvc/config; arguments: of `dvc exp run`."""

    name: str
    commit: str
    git: str
    settings: dict[str, str]
    remote: str
    arguments: list[str]
    threads: int


@dataclass(frozen=True)
class Outcome:
    ended_well: bool
    seconds: float
    log: str


def run(job: Job) -> Outcome:
    """Run the experiment in a folder of its own and push it to the remotes."""
    begun = time.monotonic()
    scratch = Path(tempfile.gettempdir(), f"jepatlas-{getpass.getuser()}")  # the node's, not home's
    scratch.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=scratch, prefix="experiment-") as folder,
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log,
    ):
        try:
            _run(job, Path(folder), log)
            ended_well = True
        except subprocess.CalledProcessError:
            ended_well = False
        log.seek(0)
        return Outcome(ended_well, time.monotonic() - begun, log.read())


def _run(job: Job, folder: Path, log: IO[str]) -> None:
    _call(["git", "clone", "--quiet", "--no-checkout", job.git, "."], folder, log)
    _call(["git", "checkout", "--quiet", "--detach", job.commit], folder, log)
    for name, value in job.settings.items():
        _call(["git", "config", name, value], folder, log)
    cache = f"[cache]\ndir = {folder.parent / 'cache'}\n"
    (folder / ".dvc/config.local").write_text(f"{job.remote}\n{cache}", encoding="utf-8")
    programs = _environment(folder, log) / "bin"
    dvc = [str(programs / "dvc"), "exp"]
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    variables = {"PATH": path, "OMP_NUM_THREADS": str(job.threads)}
    _call([*dvc, "run", "--pull", *job.arguments], folder, log, variables)
    _call([*dvc, "push", "--force", "origin", job.name], folder, log, variables)


def _environment(checkout: Path, log: IO[str]) -> Path:
    """Where the environment is that the checkout asks for, made by the first who needs it."""
    content = [sys.version.encode(), *((checkout / name).read_bytes() for name in LOCKED)]
    home = checkout.parent / "environments" / hashlib.sha256(b"".join(content)).hexdigest()[:16]
    home.mkdir(parents=True, exist_ok=True)
    made, project = home / "made", home / "project"
    with (home / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            shutil.rmtree(project, ignore_errors=True)
            _call(["git", "clone", "--quiet", str(checkout), str(project)], checkout, log)
            _call([sys.executable, "tools/bootstrap.py"], project, log)
            made.touch()
    return project / ".venv"


def _call(
    command: list[str], folder: Path, log: IO[str], variables: dict[str, str] | None = None
) -> None:
    subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        check=True,
    )
