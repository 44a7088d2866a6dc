"""`make demo`: a page of every world from small parameters, in the folder `demo`, within 90 s of a
finished set-up on two quiet, modern cores.

No committed file is touched, and DVC takes no part: the stages' scripts run one after another in a
process for each track, as many at a time as there are cores.
"""

import importlib
import os
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import yaml

import stages  # puts this checkout's src first  # noqa: F401
from jepatlas import check
from jepatlas.common.base import stage
from jepatlas.common.base.parameters import InputError, read
from tools import small

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "demo"
NOTE = (
    "A demo: small parameters, short trainings, few seeds. The numbers mean little; see make repro."
)


def parameters() -> dict[str, Any]:
    """Those of params.yaml, made small."""
    params = read()
    small.shrink(params)
    small.show(params)
    return params | {"note": NOTE}


def chains(params: dict[str, Any]) -> dict[str, list[list[str]]]:
    """The scripts of each track with their arguments, in the order of dvc.yaml; those that belong
    to no track under the empty name."""
    found: dict[str, list[list[str]]] = {}
    pipeline = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    for entry in pipeline.values():
        key = entry.get("foreach", "").strip("${}")  # such as mixture.methods
        track, _, block = key.partition(".")
        names = list(params[track][block]) if key else [None]
        for name in names:
            command = (entry["do"] if key else entry)["cmd"].replace("${key}", name or "")
            _, _, module, *arguments = command.split()
            owner = module.split(".")[1] if module.count(".") > 1 else ""
            found.setdefault(owner, []).append([module, *arguments])
    return found


def run(commands: list[list[str]]) -> None:
    """Stages one after another, in this process."""
    os.chdir(FOLDER)
    for module, *arguments in commands:
        importlib.import_module(module).main(*arguments)


def run_all(chains: dict[str, list[list[str]]]) -> None:
    """Every track in a process of its own, then what belongs to none."""
    last = chains.pop("")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for track, done in [(track, pool.submit(run, chain)) for track, chain in chains.items()]:
            done.result()
            print(f"{track}: {FOLDER.name}/plots/{track}/pictures", flush=True)
    run(last)


def main() -> None:
    start = time.monotonic()
    check.main()
    params = parameters()
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "data/supplied").mkdir(parents=True)
    text = yaml.safe_dump(params, sort_keys=False)
    (FOLDER / "params.yaml").write_text(text, encoding="utf-8")
    try:
        run_all(chains(params))
    except InputError as error:  # of the small parameters: those that they were made of are valid
        raise InputError(f"in {FOLDER.name}: {error}") from None
    print(f"{FOLDER.name}/plots/report/index.html, after {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    os.chdir(ROOT)
    stage.run(main)
