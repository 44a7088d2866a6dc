"""DVC, faster where there is little to do: what it would read again and again, it reads once.

To find that nothing is to be done, DVC parses, locks, loads and hashes the same for each of some
hundred stages. Each function here spares one of these from then on, in this process. DVC decides
as ever: what is remembered goes by what was read, so that what was written meanwhile is seen.
"""

import contextlib
import hashlib
import json
import os
import pickle
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import dpath
import dvc
import dvc.rwlock
import ruamel.yaml
from dvc.dependency.base import Dependency
from dvc.dvcfile import PROJECT_FILE
from dvc.repo import Repo, reproduce
from dvc.stage import Stage
from dvc.utils import strictyaml
from dvc.utils.serialize import _yaml

KEPT = Path(".dvc/tmp/parsed")  # what the project's files of YAML held when they were last parsed
LONG = 10_000  # letters, from which on a text takes longer to parse than to look up


def faster() -> None:
    """All of them."""
    keep_parsed()
    parse_once()
    look_up_directly()
    load_once()
    lock_once()
    hash_once()


def keep_parsed() -> None:
    """From now on, what a long text of YAML holds is kept in .dvc/tmp, for the next process too.

    DVC takes half a second to parse dvc.lock, with which each of its commands begins. What is kept
    goes by the text itself and by who parsed it, and is the last text of each name. It is read back
    as data only, and only what is then exactly the same is kept: no dates, for one.
    """
    parse = _yaml.parse_yaml

    def parse_yaml(text: str, path: str, typ: str = "safe") -> Any:
        if typ != "safe" or len(text) < LONG:
            return parse(text, path, typ)
        file = KEPT / f"{Path(path).name}.json"
        versions = f"{dvc.__version__} {ruamel.yaml.__version__}"
        digest = hashlib.sha256(f"{versions}\n{text}".encode()).hexdigest()
        with contextlib.suppress(OSError, TypeError, ValueError):  # not there, or damaged
            of, content = json.loads(file.read_bytes())
            if of == digest:
                return content
        content = parse(text, path, typ)
        _keep(file, digest, content)
        return content

    _yaml.parse_yaml = strictyaml.parse_yaml = parse_yaml


def _keep(file: Path, digest: str, content: Any) -> None:
    """Unless there is no place for it, or it would be read back as something else."""
    if not file.parent.parent.is_dir():
        return  # elsewhere than in a project's root
    with contextlib.suppress(OSError, TypeError, ValueError):
        written = json.dumps([digest, content])
        if repr(json.loads(written)[1]) == repr(content):
            file.parent.mkdir(exist_ok=True)
            half = file.with_suffix(f".{os.getpid()}")
            half.write_text(written, encoding="utf-8")
            half.replace(file)


def parse_once() -> None:
    """From now on, DVC parses a text of YAML once in this process, not each time that it reads it.

    It reads params.yaml for every stage anew, and dvc.lock twice: a third of the time of a run in
    which nothing is to be done. What is remembered goes by the text itself, so that a file that was
    written meanwhile is seen; and each reader gets a copy that it may change. To write a file, DVC
    parses it with its comments (`typ="rt"`), and does that as ever.
    """
    parse = _yaml.parse_yaml

    @lru_cache(maxsize=32)
    def parsed(text: str, path: str) -> bytes:
        return pickle.dumps(parse(text, path))

    def parse_yaml(text: str, path: str, typ: str = "safe") -> Any:
        return pickle.loads(parsed(text, path)) if typ == "safe" else parse(text, path, typ)

    _yaml.parse_yaml = strictyaml.parse_yaml = parse_yaml


def look_up_directly() -> None:
    """From now on, DVC goes down the file of parameters to a value, key by key.

    Its own way takes a dotted key for a pattern, and compares that with each value that there is:
    once for every parameter of every stage, another third of the time. What is not found by its
    keys, such as an element of a list, it still looks for so.
    """
    search = dpath.get

    def get(tree: Any, path: str, separator: str = "/", **options: Any) -> Any:
        found = tree
        for key in path.split(separator):
            if not isinstance(found, dict) or key not in found:
                return search(tree, path, separator=separator, **options)
            found = found[key]
        return found

    dpath.get = get  # type: ignore[assignment]  # its own takes a list of keys, too


def load_once() -> None:
    """From now on, `dvc repro` without a target takes the stages from DVC's index.

    DVC would load them from dvc.yaml, and then for their graph the whole index, from the same file
    and under the same lock. Where the index has none of that file, DVC says what is wrong.
    """
    collect = reproduce.collect_stages

    def collect_stages(
        repo: Repo, targets: Iterable[str], recursive: bool = False, glob: bool = False
    ) -> list[Stage]:
        stages = []
        if targets == [PROJECT_FILE] and not recursive and not glob:
            file = repo.fs.abspath(PROJECT_FILE)
            stages = [stage for stage in repo.index.stages if stage.path == file]
        return stages or collect(repo, targets, recursive=recursive, glob=glob)

    reproduce.collect_stages = collect_stages


def lock_once() -> None:
    """From now on, DVC does not lock for reading and writing what this process has locked so.

    To look at a stage, it locks what the stage reads and writes, and inside of that three times
    parts of the same: each time, a file that other processes read is written twice. What is locked
    for writing may be read, too: nobody else may do either.
    """
    lock = dvc.rwlock.rwlock
    held: list[tuple[set[tuple[str, str]], set[tuple[str, str]]]] = []  # to be read, to be written

    @contextlib.contextmanager
    def rwlock(
        folder: str, fs: Any, command: str, read: list[str], write: list[str], hardlink: bool
    ) -> Iterator[None]:
        reads, writes = {(folder, path) for path in read}, {(folder, path) for path in write}
        readable, writable = held[-1] if held else (set(), set())
        if held and reads <= readable and writes <= writable:
            yield
            return
        with lock(folder, fs, command, read, write, hardlink):
            held.append((readable | reads | writes, writable | writes))
            try:
                yield
            finally:
                held.pop()

    dvc.rwlock.rwlock = rwlock


def hash_once() -> None:
    """From now on, DVC hashes a dependency of many stages once, until anything in it is written.

    It would make the hash of a folder of code anew for each stage that depends on it: look up each
    file in a database, and hash the list. What tells whether a file was written is what DVC goes
    by, and it is looked at each time, so that what changed between two stages is seen.
    """
    get_hash = Dependency.get_hash
    known: dict[tuple[str, str], tuple[Any, Any, Any]] = {}

    def hash_of(dependency: Dependency) -> Any:
        if type(dependency) is not Dependency or dependency.fs.protocol != "local":
            return get_hash(dependency)
        key = dependency.fs_path, dependency.hash_name
        try:
            state = _state(dependency.fs_path)
        except OSError:  # such as a link to nowhere, which DVC may be told to ignore
            return get_hash(dependency)
        ignore = dependency.dvcignore  # another one once .dvcignore is read anew
        if key in known and known[key][0] == state and known[key][1] is ignore:
            return known[key][2]
        found = get_hash(dependency)
        known[key] = state, ignore, found
        return found

    Dependency.get_hash = hash_of


def _state(path: str) -> list[tuple[str, int, int, int]]:
    """Of a file, or each one in a folder: its path, and what changes when it is written."""
    files = [Path(path)]
    if files[0].is_dir():
        files = [Path(folder, name) for folder, _, names in os.walk(path) for name in names]
    found = [(str(file), file.stat()) for file in files]
    return [(file, seen.st_ino, seen.st_mtime_ns, seen.st_size) for file, seen in found]
