"""Copies of the project that experiments run in, side by side, none of them in the user's folder.

A copy is a clone that shares the project's Git objects and DVC cache, so it costs less than a
second, and what one experiment has made another takes from the cache. A finished experiment is
fetched from it into the project, in one step of Git's; until then the project has not changed.
"""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dvc.config import Config
from dvc.repo import Repo
from dvc.utils.serialize import parse_yaml

import jepatlas_dvc
from jepatlas.common.base.parameters import InputError
from jepatlas.mending import CHECKPOINTS
from jepatlas.sweeps.experiments import Experiment

# What experiments depend on, beside params.yaml. DVC adds to .gitignore what stages write.
USED = ("dvc.yaml", "src", "stages", "data", ":(exclude)*.gitignore")

IDENTITY = ("user.name", "user.email")  # Git's settings without which nothing is committed


def git(folder: Path, *words: str) -> str:
    """What a Git command says; its failure is an `InputError`."""
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["failed"]
        raise InputError(f"git {words[0]}: {said[-1]}")
    return done.stdout.strip()


@dataclass(frozen=True)
class Project:
    """The project as it stands when a sweep begins.

    head: the last commit, which experiments belong to; state: the same with all uncommitted changes
    of tracked files, which experiments have too, as those of DVC do.
    """

    root: Path
    head: str
    state: str
    cache: Path

    @classmethod
    def here(cls) -> "Project":
        """Of the current folder. `InputError` for a file that no copy would have."""
        root = Path.cwd()
        strange = git(root, "ls-files", "--others", "--exclude-standard", "--", *USED).splitlines()
        if strange:
            raise InputError(
                f"{strange[0]}: not in Git, so experiments would not have it; git add it"
            )
        for name in IDENTITY:
            if not setting(root, name):
                raise InputError(f"git: {name} is not set, and experiments are commits: git config")
        head = git(root, "rev-parse", "HEAD")
        with Repo() as repo:
            cache = Path(repo.cache.local_cache_dir)
        return cls(root, head, git(root, "stash", "create") or head, cache)

    @property
    def refs(self) -> str:
        """Where DVC looks for the commit's experiments."""
        return f"refs/exps/{self.head[:2]}/{self.head[2:]}"

    def ref(self, experiment: Experiment) -> str:
        return f"{self.refs}/{experiment.name}"

    def copy(self, folder: Path) -> None:
        """Make `folder` a copy of the project, in place of one left by an interrupted sweep, whose
        trainings go on from their checkpoints."""
        left, kept = folder / CHECKPOINTS, folder.with_name(f"{folder.name}.checkpoints")
        if left.exists():
            shutil.rmtree(kept, ignore_errors=True)
            left.rename(kept)
        shutil.rmtree(folder, ignore_errors=True)
        git(self.root, "clone", "--quiet", "--shared", "--no-checkout", ".", str(folder))
        git(folder, "checkout", "--quiet", "--detach", self.head)
        git(folder, "restore", "--source", self.state, "--staged", "--worktree", ".")
        for name in IDENTITY:
            git(folder, "config", name, setting(self.root, name))
        for file in (Path(".dvc/config.local"), jepatlas_dvc.PASSED):  # the checks are not repeated
            if (self.root / file).exists():
                (folder / file).parent.mkdir(exist_ok=True)
                shutil.copy(self.root / file, folder / file)
        with Config(str(folder / ".dvc")).edit("local") as config:
            config["cache"]["dir"] = str(self.cache)
        if kept.exists():
            kept.rename(left)

    def bring_home(self, folder: Path, experiment: Experiment) -> None:
        """The finished experiment of a copy into the project, in place of one of that name."""
        ref = self.ref(experiment)
        git(self.root, "fetch", "--quiet", "--no-tags", str(folder), f"+{ref}:{ref}")

    def has(self, experiment: Experiment, message: str) -> bool:
        """Whether an experiment is there: of this commit, name, message, parameters and code."""
        ref = self.ref(experiment)
        try:
            if git(self.root, "log", "-1", "--format=%s", ref) != message:
                return False
            git(self.root, "diff", "--quiet", ref, self.state, "--", *USED)
        except InputError:
            return False
        wanted = self.parameters(self.state)
        for key, value in experiment.overrides.items():
            *parents, last = key.split(".")
            block = wanted
            for parent in parents:
                block = block[parent]
            block[last] = value
        return self.parameters(ref) == wanted

    def parameters(self, revision: str) -> dict[str, Any]:
        """params.yaml of a revision."""
        return self.yaml(revision, "params.yaml")

    def yaml(self, revision: str, file: str) -> dict[str, Any]:
        """A file of a revision, as DVC reads it: 1e-05 is a number."""
        content: dict[str, Any] = parse_yaml(git(self.root, "show", f"{revision}:{file}"), file)
        return content

    def measured(self, experiment: Experiment, targets: Sequence[str]) -> list[Path]:
        """The tables of measures that the target stages wrote, in DVC's cache."""
        stages = self.yaml(self.ref(experiment), "dvc.lock")["stages"]
        outs = [
            out
            for name, stage in stages.items()
            if name in targets or name.partition("@")[0] in targets
            for out in stage["outs"]
            if Path(out["path"]).parent.name == "measured"
        ]
        return [self.cache / "files" / "md5" / out["md5"][:2] / out["md5"][2:] for out in outs]


def setting(folder: Path, name: str) -> str:
    """Of Git's; empty where it is not set."""
    return git(folder, "config", "--default", "", "--get", name)
