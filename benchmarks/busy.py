"""A training beside one busy process, and on a quiet machine: `python -m benchmarks.busy`.

OpenMP's threads wait by spinning. Where another process wants the cores too, a thread then spins
through the time that the one it waits for would need; without spinning (GOMP_SPINCOUNT=0, as the
stages set it) it gives way. The busy process multiplies matrices on all cores.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import pandas as pd

ROUNDS = 3
SIDE = 1024  # of the busy process's matrices
SPINNING = "300000"  # turns before a thread sleeps: libgomp's default


def main() -> None:
    cores = os.cpu_count() or 1
    cases = {
        "1 thread, as stages run": {},
        f"{cores} threads": {"OMP_NUM_THREADS": str(cores)},
        f"{cores} threads that spin": {"OMP_NUM_THREADS": str(cores), "GOMP_SPINCOUNT": SPINNING},
    }
    rows = [{"training": name} | compared(setting) for name, setting in cases.items()]
    print("A training of the mixture beside a process that is busy on all cores.")
    print(f"Seconds, medians of {ROUNDS} rounds; ratios within a round.\n")
    print(pd.DataFrame(rows).set_index("training").to_string(float_format="{:.3g}".format))


def compared(setting: dict[str, str]) -> dict[str, float]:
    """A training with these environment variables, alone and beside the busy process."""
    quiet, beside = [], []
    for _ in range(ROUNDS):
        quiet.append(_seconds(setting))
        with _busy_process():
            beside.append(_seconds(setting))
    ratios = [b / a for a, b in zip(quiet, beside, strict=True)]
    return {"quiet [s]": median(quiet), "beside [s]": median(beside), "ratio": median(ratios)}


def _seconds(setting: dict[str, str]) -> float:
    """Of a training in a process of its own, without its start."""
    done = subprocess.run(
        _command("train"),
        env=os.environ | setting,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


@contextmanager
def _busy_process() -> Iterator[None]:
    with subprocess.Popen(_command("multiply"), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it is at work
        yield
        process.kill()


def _command(task: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.busy", task]


def _train() -> None:
    import stages  # noqa: F401  # the settings that stages run with, before torch
    from benchmarks.mixture import training

    run = training("jepa")
    start = time.perf_counter()
    run()
    print(time.perf_counter() - start)


def _multiply() -> None:
    import torch

    a, b = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)
    print("at work", flush=True)
    while True:
        a @ b


if __name__ == "__main__":
    {"train": _train, "multiply": _multiply}.get("".join(sys.argv[1:]), main)()
