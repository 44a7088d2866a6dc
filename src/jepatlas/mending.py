"""What a killed or crowded-out DVC may leave behind, put right before the next run.

DVC writes dvc.lock and its table of who reads and writes what in place. Killed at that moment, or
on a full disk, it leaves half a file, after which each of its commands ends in an error.
"""

import contextlib
import fcntl
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jepatlas.common.base.storage import write

LOCK = Path("dvc.lock")
BUSY = Path(".dvc/tmp/rwlock")  # who reads and writes which file
CHECKPOINTS = Path("data/checkpoints")  # each says which parameters it belongs to
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
    """Put right what cannot be read, and say so; remove what a killed training had half written."""
    with contextlib.suppress(FileNotFoundError):
        content = LOCK.read_bytes()
        if entries(content) is None:
            _mend_lock(content)
    with contextlib.suppress(FileNotFoundError):
        try:
            json.loads(BUSY.read_bytes())
        except ValueError:
            BUSY.unlink()
    for file in CHECKPOINTS.glob(".*.*.checkpoint"):  # as `storage.write` names them
        writer = file.stem.rpartition(".")[2]
        if writer.isdecimal() and not _lives(int(writer)):
            file.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        pass
    return True


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
