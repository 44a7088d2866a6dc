"""What two workers gain, and what a sweep costs: `python -m benchmarks.sweeps [SECONDS]`.

Eight experiments, each of one stage that computes for SECONDS (60) on one thread, by one worker and
by two, against the bare commands of the stages one after another. In a toy project, so that nothing
else is measured. Takes some 20 times SECONDS, on a quiet machine with two cores.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EXPERIMENTS = 8
STAGE = """
import sys, time, pathlib
import numpy as np
a = np.random.default_rng(0).standard_normal((500, 500))
while time.process_time() < float(sys.argv[1]):
    a @ a
file = pathlib.Path("data/measured/toy.csv")
file.parent.mkdir(parents=True, exist_ok=True)
file.write_text("method,measure,mean,ci95,min,max\\ntoy,size,1,0,1,1\\n")
"""
PIPELINE = """
stages:
  measure:
    cmd: python stages/measure.py {seconds}
    deps: [stages/measure.py]
    params: [seed]
    outs: [data/measured/toy.csv]
"""
SWEEP = """
title: Toy
targets: [measure]
seeds: {seeds}
measures: [size]
figure: {{x: seed}}
"""


def main(seconds: str = "60") -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = make(Path(folder, "bare"), seconds)
        bare = sum(timed(project, command(seconds)) for _ in range(EXPERIMENTS))
        alone, both = (
            timed(make(Path(folder, workers), seconds), sweep(workers)) for workers in ("1", "2")
        )
    print(f"{EXPERIMENTS} experiments of {seconds} s of one core")
    print(f"bare stage commands  {bare:7.1f} s")
    print(f"one worker           {alone:7.1f} s, {alone / bare - 1:.1%} over the bare commands")
    print(f"two workers          {both:7.1f} s, {both / alone:.2f} of one worker's")


def make(root: Path, seconds: str) -> Path:
    """The toy project, committed."""
    for name, text in {
        "dvc.yaml": PIPELINE.format(seconds=seconds),
        "params.yaml": "seed: 0\n",
        "stages/measure.py": STAGE,
        "sweeps/toy.yaml": SWEEP.format(seeds=list(range(EXPERIMENTS))),
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    for words in (
        ("git", "init", "--quiet"),
        ("git", "config", "user.name", "benchmark"),
        ("git", "config", "user.email", "benchmark@localhost"),
        ("dvc", "init", "--quiet"),
        ("git", "add", "--all"),
        ("git", "commit", "--quiet", "--message", "Begin"),
    ):
        timed(root, list(words))
    return root


def command(seconds: str) -> list[str]:
    """Of the stage, as dvc.yaml has it."""
    return ["python", "stages/measure.py", seconds]


def sweep(workers: str) -> list[str]:
    words = ["-m", "jepatlas.sweeps", "sweeps/toy.yaml", "--workers", workers, "--threads", "1"]
    return [sys.executable, *words]


def timed(root: Path, words: list[str]) -> float:
    """Seconds that a command takes in a folder."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    start = time.perf_counter()
    subprocess.run(
        words,
        cwd=root,
        check=True,
        capture_output=True,
        env={**os.environ, "PATH": programs, "OMP_NUM_THREADS": "1"},
    )
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*sys.argv[1:])
