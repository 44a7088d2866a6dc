"""`make demo`: a page of every world from small parameters, in the folder `demo`, within minutes.

No committed file is touched, and DVC takes no part: the stages' scripts run one after another in a
process for each track, as many at a time as there are cores.
"""

import importlib
import os
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "demo"
NOTE = (
    "A demo: small parameters, short trainings, few seeds. The numbers mean little; see make repro."
)
STEPS = {
    "mixture": 300,
    "noisy_tv": 400,
}  # longer than in the tests, so that pictures mean something


def parameters() -> dict[str, Any]:
    """Those of params.yaml, made small."""
    from tools.small import recipes, shrink

    params: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    shrink(params)
    params["note"] = NOTE
    params["mixture"]["data"] = {"train": 1000, "probe": 300, "test": 300}
    params["mixture"] |= {"snapshots": 8}
    params["mixture"]["landscape"] |= {"resolution": 60, "frames": 6}
    for recipe in recipes(params["mixture"]):
        recipe |= {"steps": STEPS["mixture"], "batch": 64}
        if "widths" in recipe:
            recipe["widths"] = [32, 32, 16]
    for method in params["noisy_tv"]["methods"].values():
        for recipe in params["noisy_tv"]["recipes"]:
            method[recipe]["steps"] = STEPS["noisy_tv"]
    return params


def stages(params: dict[str, Any]) -> dict[str, list[list[str]]]:
    """The scripts of each track with their arguments, in the order of dvc.yaml; those that belong
    to no track under the empty name."""
    found: dict[str, list[list[str]]] = {}
    pipeline = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    for stage in pipeline.values():
        key = stage.get("foreach", "").strip("${}")  # such as mixture.methods
        track, _, block = key.partition(".")
        names = list(params[track][block]) if key else [None]
        for name in names:
            command = (stage["do"] if key else stage)["cmd"].replace("${key}", name or "")
            _, _, module, *arguments = command.split()
            owner = module.split(".")[1] if module.count(".") > 1 else ""
            found.setdefault(owner, []).append([module, *arguments])
    return found


def run(commands: list[list[str]]) -> None:
    """Stages one after another, in this process."""
    os.chdir(FOLDER)
    sys.path.insert(0, str(ROOT))
    for module, *arguments in commands:
        importlib.import_module(module).main(*arguments)


def main() -> None:
    start = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "data/supplied").mkdir(parents=True)
    params = parameters()
    text = yaml.safe_dump(params, sort_keys=False)
    (FOLDER / "params.yaml").write_text(text, encoding="utf-8")
    chains = stages(params)
    last = chains.pop("")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for track, done in [(track, pool.submit(run, chain)) for track, chain in chains.items()]:
            done.result()
            print(f"{track}: {FOLDER.name}/plots/{track}/pictures", flush=True)
    run(last)
    print(f"{FOLDER.name}/plots/report/index.html, after {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
