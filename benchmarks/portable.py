"""What `arithmetic: portable` costs a training: `python -m benchmarks.portable`.

Trainings of three tracks with the networks of params.yaml and fewer steps, in both arithmetics in
turn. What is compared is the processor's time, without that of a start, so that a machine with
other work on it will do.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
import yaml

ROUNDS = 3
STEPS, START = 400, 2  # of each setting's training; of one that is little else than its start
CASES = {"mixture": "dsm", "noisy_tv": "ar", "hidden_causes": "jepa_ema"}
ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    print(f"User seconds of {STEPS} steps in each setting, medians of {ROUNDS} rounds; the ratio")
    print("is the median of the rounds' own, of which the extremes stand beside it.\n")
    with tempfile.TemporaryDirectory() as folder:
        rows = [compared(track, method, Path(folder)) for track, method in CASES.items()]
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.3g}".format))


def compared(track: str, method: str, folder: Path) -> dict[str, Any]:
    """A method's training in `fast` and `portable` arithmetic, in a folder of its own."""
    _write(folder, track, method, "fast", START)
    if track != "hidden_causes":  # which draws its data while it trains
        _seconds(folder, f"stages.{track}.data")
    train = f"stages.{track}.train"
    start = _seconds(folder, train, method)
    rounds = []
    for _ in range(ROUNDS):
        found = {}
        for arithmetic in ("fast", "portable"):
            _write(folder, track, method, arithmetic, STEPS)
            found[arithmetic] = _seconds(folder, train, method) - start
        rounds.append(found)
    ratios = [one["portable"] / one["fast"] for one in rounds]
    times = {name: median(one[name] for one in rounds) for name in rounds[0]}
    extremes = {"least": min(ratios), "most": max(ratios)}
    return {"track": track, "method": method} | times | {"ratio": median(ratios)} | extremes


def _write(folder: Path, track: str, method: str, arithmetic: str, steps: int) -> None:
    """The project's params.yaml, with so many steps in everything that the method is trained in."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    params["arithmetic"] = arithmetic
    block = params[track]["methods"][method]
    for part in (block, *block.values()):  # by recipe, or all in one
        if isinstance(part, dict) and "steps" in part:
            part["steps"] = steps
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")


def _seconds(folder: Path, module: str, *arguments: str) -> float:
    """Of the processor, for a stage in a process of its own, on one thread as stages run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


if __name__ == "__main__":
    main()
