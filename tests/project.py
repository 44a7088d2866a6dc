"""A copy of the project with parameters so small that the whole pipeline takes seconds."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
METHODS = ("contrastive", "jepa_masked", "dsm")
IMAGES_METHODS = ("jepa", "lejepa", "vicreg")
NOISY_TV_METHODS = ("vae", "ar", "jepa", "vjepa", "bjepa", "gated_ae")


def copy(to: Path) -> Path:
    """Copy what is in git, or would be, to the folder `to`, and shrink the parameters."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    made = ("metrics/", "plots/", "dvc.lock")
    for name in listed:
        if (ROOT / name).is_file() and not name.startswith(made):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, to / name)
    change(to, shrink)
    return to


def shrink(params: dict[str, Any]) -> None:
    """Few members, points and steps; one method of each kind."""
    mixture = params["mixture"]
    mixture |= {"members": 2, "snapshots": 4, "data": {"train": 200, "probe": 100, "test": 100}}
    mixture["methods"] = {name: mixture["methods"][name] for name in METHODS}
    for method in mixture["methods"].values():
        method |= {"steps": 40, "batch": 32}
        for widths in ("widths", "hidden", "predictor"):
            if widths in method:
                method[widths] = [8, 8]
    mixture["evaluation"] |= {"references": 10, "slices": 8, "pairs": 100}
    mixture["langevin"] |= {"chains": 100, "steps": 20}
    mixture["landscape"] |= {"resolution": 20, "frames": 3}

    noisy_tv = params["noisy_tv"]
    noisy_tv["data"] |= {"train": 300, "test": 130}
    noisy_tv["sweep"]["scales"] = [0, 4, 8]
    noisy_tv["recipes"] = {
        "as_published": {"seeds": 2, "memories": []},
        "default": {"seeds": 2, "memories": [0.99]},
    }
    noisy_tv["evaluation"]["drawn_steps"] = 20
    noisy_tv["methods"] = {name: noisy_tv["methods"][name] for name in NOISY_TV_METHODS}
    for blocks in noisy_tv["methods"].values():
        for recipe in ("as_published", "default"):
            blocks[recipe]["steps"] = 40

    images = params["images"]
    images["data"]["set"] = "digits"
    images["snapshots"] = 3
    for method in images["methods"].values():
        method |= {"epochs": 2, "batch": 64, "channels": [4, 8], "dim": 16}
        for widths in ("predictor", "expander"):
            if widths in method:
                method[widths] = [16, 16]
    images["decoder"] |= {"epochs": 1, "batch": 64}


def stage_names() -> list[str]:
    """Every stage of the small project, one for each method included."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    shrink(params)
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    names = []
    for name, stage in stages.items():
        key = stage.get("foreach", "").strip("${}")  # such as mixture.methods
        track, _, block = key.partition(".")
        names += [f"{name}@{method}" for method in params[track][block]] if key else [name]
    return names


def change(project: Path, edit: Any) -> None:
    """Rewrite params.yaml after `edit(params)`."""
    file = project / "params.yaml"
    params = yaml.safe_load(file.read_text(encoding="utf-8"))
    edit(params)
    file.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")


def run(project: Path, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """A command in the project, with this environment's programs first on PATH."""
    programs = str(Path(sys.executable).parent)
    home = str(project.parent)  # DVC's and git's settings of the user play no part
    return subprocess.run(
        command,
        cwd=project,
        check=check,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "HOME": home},
    )


def commit(project: Path, message: str) -> None:
    run(project, "git", "add", "--all")
    identity = ["-c", "user.name=tester", "-c", "user.email=tester@localhost"]
    run(project, "git", *identity, "commit", "--quiet", "--message", message)


def reproduce(project: Path) -> set[str]:
    """`dvc repro`; the names of the stages that ran."""
    done = run(project, "dvc", "repro")
    return set(re.findall(r"Running stage '([^']+)'", done.stdout + done.stderr))
