"""What a killed run, or a disk that was full, may leave behind, put right before the next one.

DVC writes dvc.lock and its table of who reads and writes what in place. Killed at that moment, or
on a full disk, it leaves half a file, after which each of its commands ends in an error; killed
later, a table that names processes which are gone. A stage leaves the temporary file that it was
writing, beside results that others depend on by their folder.
"""

import contextlib
import fcntl
import itertools
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from jepatlas.common.base import tracks
from jepatlas.common.base.storage import write

LOCK = Path("dvc.lock")
BUSY = Path(".dvc/tmp/rwlock")  # who reads and writes which file
CHECKPOINTS = Path("data/checkpoints")  # each says which parameters it belongs to
WRITTEN = [
    CHECKPOINTS,
    *map(Path, (*(f"data/{track}" for track in tracks.names()), "metrics", "plots")),
]
TEMPORARY = re.compile(r"\..+\.(?P<process>\d+)\.\w+")  # as `storage.write` names what it writes
TURN = Path(".dvc/tmp/make-repro")  # locked by the `make repro` that is at work


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One at a time in this folder: a second one says so and waits. The lock is gone with the
    process, however that ends."""
    TURN.parent.mkdir(parents=True, exist_ok=True)
    with TURN.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            print(f"waiting for another make repro (process {file.read()}) to end", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def mend() -> None:
    """Put right what cannot be read, and say so; remove what a killed process had half written."""
    with contextlib.suppress(FileNotFoundError):
        content = LOCK.read_bytes()
        if entries(content) is None:
            _mend_lock(content)
    with contextlib.suppress(FileNotFoundError):
        _mend_table()
    halves = Path().glob(f".{LOCK.stem}.*{LOCK.suffix}")
    for file in itertools.chain(halves, *(folder.rglob(".*") for folder in WRITTEN)):
        named = TEMPORARY.fullmatch(file.name)
        if named and not psutil.pid_exists(int(named["process"])):
            file.unlink(missing_ok=True)


def _mend_table() -> None:
    """Forget who had begun before the table was last written and is gone. DVC does so itself, but
    not where the number of a process is another's by now, as after a restart: then it waits."""
    written = BUSY.stat().st_mtime
    try:
        table = json.loads(BUSY.read_bytes())
    except ValueError:
        BUSY.unlink()
        return
    known = {one["pid"] for one in table.get("write", {}).values()}
    known |= {one["pid"] for ones in table.get("read", {}).values() for one in ones}
    if known and not any(_lived(process, written) for process in known):
        BUSY.unlink()


def _lived(process: int, then: float) -> bool:
    """Whether a process that is alive was so then."""
    try:
        return psutil.Process(process).create_time() <= then
    except psutil.NoSuchProcess:
        return False


def _mend_lock(content: bytes) -> None:
    aside = BUSY.with_name("dvc.lock.damaged")
    whole = _whole_part(content)
    aside.parent.mkdir(parents=True, exist_ok=True)
    aside.write_bytes(content)
    write(LOCK, lambda temporary: temporary.write_bytes(whole))
    kept = len(entries(whole) or {})
    print(
        f"warning: {LOCK} was cut short; {kept} stages in it are whole, the others are looked for "
        f"in DVC's cache or run again; set aside as {aside}",
        file=sys.stderr,
    )


def entries(content: bytes) -> dict[str, Any] | None:
    """The stages of a dvc.lock; None if it is damaged."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from dvc.utils.serialize import YAMLFileCorruptedError, parse_yaml
    from voluptuous import Invalid

    try:
        found = COMPILED_LOCKFILE_SCHEMA(parse_yaml(content.decode("utf-8"), str(LOCK)))
        stages: dict[str, Any] = found["stages"]
        whole = found["schema"] == "2.0" and all(
            {"cmd"} <= set(stage) and all("md5" in out for out in stage.get("outs", ()))
            for stage in stages.values()
        )
    except (YAMLFileCorruptedError, UnicodeDecodeError, Invalid, KeyError):
        return None
    return stages if whole else None


def _whole_part(content: bytes) -> bytes:
    """All of a dvc.lock up to its last stage, which may be half; an empty one if that is no
    better."""
    lines = content.decode("utf-8", "replace").splitlines(keepends=True)
    starts = [n for n, line in enumerate(lines) if line[:2] == "  " and line[2:3].strip(" -")]
    whole = "".join(lines[: starts[-1]] if starts else []).encode()
    return whole if entries(whole) else b"schema: '2.0'\nstages: {}\n"
