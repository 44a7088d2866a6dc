"""A copy of the project with parameters so small that the whole pipeline takes seconds."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tools import small

ROOT = Path(__file__).resolve().parents[1]
Methods = Mapping[str, tuple[str, ...]]  # of tracks; a track that is not named has all of its own
PROGRAMS = [Path(sys.executable).parent]  # come first on PATH
FEW: Methods = {
    "mixture": ("contrastive", "jepa_masked", "dsm"),
    "images": ("jepa", "vicreg"),
    "noisy_tv": ("vae", "ar", "jepa", "bjepa"),  # bjepa has intervals, which have a table
    "hidden_causes": ("jepa_ema", "lejepa"),
}
ALL: Methods = {}


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
    change(to, lambda params: params.update(parameters(FEW)))
    return to


def begin(to: Path) -> Path:
    """Such a copy as a repository of its own: DVCLive asks git for the last commit."""
    copy(to)
    run(to, "git", "init", "--quiet")
    commit(to, "Begin")
    return to


def parameters(methods: Methods) -> dict[str, Any]:
    """Few members, points and steps, and these methods."""
    params: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    small.keep(params, methods)
    small.shrink(params)
    return params


def stage_names(methods: Methods = FEW) -> list[str]:
    """Every stage of the small project, one for each method included."""
    params = parameters(methods)
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    names = []
    for name, stage in stages.items():
        key = stage.get("foreach", "").strip("${}")  # such as mixture.methods
        track, _, block = key.partition(".")
        names += [f"{name}@{method}" for method in params[track][block]] if key else [name]
    return names


class Plain(yaml.CSafeDumper):
    """Writes out what stands in two places, where YAML would have an alias: none are taken."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def dumped(params: Any) -> str:
    return yaml.dump(params, Dumper=Plain, sort_keys=False)


def change(project: Path, edit: Any) -> None:
    """Rewrite params.yaml after `edit(params)`."""
    file = project / "params.yaml"
    params = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)
    edit(params)
    file.write_text(dumped(params), encoding="utf-8")


def run(
    project: Path, *command: str, check: bool = True, **variables: str
) -> subprocess.CompletedProcess[str]:
    """A command in the project, with this environment's programs first on PATH, and with these
    variables."""
    home = str(project.parent)  # DVC's and git's settings of the user play no part
    path = ":".join([*map(str, PROGRAMS), os.environ["PATH"]])
    return subprocess.run(
        command,
        cwd=project,
        check=check,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path, "HOME": home, **variables},
    )


def commit(project: Path, message: str) -> None:
    run(project, "git", "add", "--all")
    identity = ["-c", "user.name=tester", "-c", "user.email=tester@localhost"]
    run(project, "git", *identity, "commit", "--quiet", "--message", message)


def reproduce(project: Path) -> set[str]:
    """`dvc repro`; the names of the stages that ran."""
    done = run(project, "dvc", "repro")
    return set(re.findall(r"Running stage '([^']+)'", done.stdout + done.stderr))
