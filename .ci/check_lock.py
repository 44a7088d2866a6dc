"""Check, without DVC's cache, that dvc.lock was written by the committed code and parameters.

In a clean checkout the cached outputs are missing, so `dvc status` cannot tell whether the stages
that depend on them are fresh. Instead, the hashes in dvc.lock must agree from stage to stage.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from dvc.dependency.param import ParamsDependency
from dvc.repo import Repo


def problems() -> Iterator[str]:
    """Each thing that is stale in the current directory's dvc.lock, in a line."""
    with Repo() as repo:
        yield from problems_of(repo, Path("dvc.lock"))


def problems_of(repo: Repo, file: Path) -> Iterator[str]:
    lock = yaml.safe_load(file.read_text(encoding="utf-8"))["stages"] if file.exists() else {}
    stages = {stage.addressing: stage for stage in repo.index.stages}
    if not stages:
        yield "dvc.yaml has no stages"
    yield from (f"{name} is not in dvc.lock" for name in stages if name not in lock)
    yield from (f"{name} is not in dvc.yaml" for name in lock if name not in stages)

    cached = {out.def_path for stage in stages.values() for out in stage.outs if out.use_cache}
    hashes = {out["path"]: out["md5"] for entry in lock.values() for out in entry.get("outs", ())}
    status = repo.status()
    for name in stages.keys() & lock.keys():
        stage, entry = stages[name], lock[name]
        deps = [dep.def_path for dep in stage.deps if not isinstance(dep, ParamsDependency)]
        for kind, declared in ("deps", deps), ("outs", [out.def_path for out in stage.outs]):
            recorded = {item["path"] for item in entry.get(kind, ())}
            for path in recorded.symmetric_difference(declared):
                which = "dvc.lock" if path in recorded else "dvc.yaml"
                yield f"{name}: {path} is among the {kind} in {which} only"
        yield from (f"{name}: {change}" for change in changes(status.get(name, []), cached))
        for dep in entry.get("deps", ()):
            if broken := broken_link(dep["path"], dep["md5"], hashes, cached, repo):
                yield f"{name}: {dep['path']} {broken}"


def changes(status: list[Any], cached: set[str]) -> Iterator[str]:
    """What `dvc status` reports of a stage, without what is due to the cache's absence."""
    for change in status:
        if isinstance(change, str):  # "changed command"
            yield change
            continue
        for kind, states in change.items():
            for path, state in states.items():
                if isinstance(state, dict):  # of parameters
                    yield from (f"parameter {key} is {what}" for key, what in state.items())
                    continue
                if path in cached:
                    expected = state in ("deleted", "not in cache")
                else:
                    expected = kind == "changed deps" and any(related(path, out) for out in cached)
                if not expected:
                    yield f"{path} is {state}"


def related(path: str, other: str) -> bool:
    """Whether one of the two lies in the other, or is the other."""
    one, two = PurePosixPath(path), PurePosixPath(other)
    return one.is_relative_to(two) or two.is_relative_to(one)


def broken_link(
    path: str, md5: str, hashes: dict[str, str], cached: set[str], repo: Repo
) -> str | None:
    """How a dependency's hash differs from those of the outputs that it consists of."""
    if path in hashes:
        return None if md5 == hashes[path] else "is not what the stage before it wrote"
    parts = [out for out in hashes if related(path, out)]
    if not cached.intersection(parts):
        return None  # all of it is in git, where `dvc status` has looked
    if any(hashes[out].endswith(".dir") for out in parts):
        return "cannot be checked: depend on whole outputs, or on a folder of single files"
    # As DVC hashes a folder: by its files, those of git included.
    files = {out: hashes[out] for out in parts}
    for found in repo.dvcignore.find(repo.fs, str(Path(path).absolute())):
        name = Path(found).relative_to(Path.cwd()).as_posix()
        if name not in files:
            files[name] = hashlib.md5(Path(name).read_bytes()).hexdigest()
    listing = [
        {"md5": files[name], "relpath": PurePosixPath(name).relative_to(path).as_posix()}
        for name in sorted(files)
    ]
    folder = hashlib.md5(json.dumps(listing, sort_keys=True).encode()).hexdigest()
    return None if md5 == f"{folder}.dir" else "is not what the stages before it wrote"


if __name__ == "__main__":
    stale = sorted(problems())
    if stale:
        sys.exit("\n".join(["dvc.lock is stale; make repro, or dvc commit -f STAGE:", *stale]))
    print("dvc.lock is fresh")
