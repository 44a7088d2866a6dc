"""What many experiments cost where they meet: `python -m benchmarks.scaling [COUNT ...]`.

Experiments of a toy project, commits as DVC makes them, are pushed to a bare Git remote. For each
COUNT (100, 500, 2000) of them there: the seconds of what a sweep, or its user, then does.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.sweeps import make, timed
from jepatlas.sweeps.copies import git

TOGETHER = 10  # experiments that come home at once


def main(*counts: str) -> None:
    found = [measured(int(count)) for count in counts or ("100", "500", "2000")]
    for name in found[0]:
        print(f"{name:30}" + "".join(f"{each[name]:10.2f}" for each in found))


def measured(count: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        root, remote = Path(folder, "toy"), Path(folder, "remote.git")
        make(root, seconds="0")
        names = experiments(root, count)
        git(root, "init", "--quiet", "--bare", str(remote))
        git(root, "remote", "add", "origin", str(remote))
        seconds = {
            "experiments": count,
            "git push, all": timed(
                root, ["git", "push", "--quiet", "origin", "HEAD:main", "refs/exps/*:refs/exps/*"]
            ),
            "git ls-remote": timed(root, ["git", "ls-remote", "origin", "refs/exps/*"]),
            "git clone": timed(root, ["git", "clone", "--quiet", str(remote), "../other"]),
        }
        for words in (
            ["push", "--force", "--no-cache", "origin", names[0]],
            ["list"],
            ["list", "origin"],
            ["show"],
            ["pull", "--force", "--no-cache", "origin", names[0]],
            ["pull", "--force", "--no-cache", "origin", *names[:TOGETHER]],
        ):
            name = f"dvc exp {words[0]}{' origin' * ('origin' in words)}"
            known = [word for word in words if word in names]
            text = f"{name}, {len(known)} of them" if known else name
            seconds[text] = timed(root, ["dvc", "exp", *words])
    return seconds


def experiments(root: Path, count: int) -> Sequence[str]:
    """One run by DVC, and `count` with the same files; their names."""
    timed(root, ["dvc", "exp", "run", "--name", "toy-0"])
    head = git(root, "rev-parse", "HEAD")
    tree = git(root, "rev-parse", f"refs/exps/{head[:2]}/{head[2:]}/toy-0^{{tree}}")
    names = [f"toy-{number}" for number in range(count)]
    for name in names:
        commit = git(root, "commit-tree", tree, "-p", head, "-m", name)
        git(root, "update-ref", f"refs/exps/{head[:2]}/{head[2:]}/{name}", commit)
    return names


if __name__ == "__main__":
    main(*sys.argv[1:])
