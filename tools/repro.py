"""`make repro`: run what is out of date, independent stages side by side.

    python tools/repro.py [--jobs N] [--threads N] [--force] [STAGE ...]

DVC itself runs one stage at a time. Here several `dvc repro --single-item STAGE` are at work at
once, in the order that DVC's own graph allows, as many as there are cores and memory for; every
stage computes on one thread unless told otherwise, so results do not depend on how many.
"""

import os
import signal

if __name__ == "__main__":  # imports take seconds, and would show a traceback
    for sent in (signal.SIGINT, signal.SIGTERM):  # the first may be ignored, as in the background
        signal.signal(sent, lambda *_: os._exit(130))

import argparse
import contextlib
import json
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path

from dvc.lock import LockError

from jepatlas_dvc import check
from jepatlas_dvc_faster import faster

DVC = Path(sys.executable).with_name("dvc")  # of this environment, whatever is on PATH
MEMORY = 2 << 30  # bytes that a stage may need
DURATIONS = Path(".dvc/tmp/durations.json")  # seconds that each stage took when it last ran
GOES_ON = "nothing is lost, and make repro goes on from here once that is put right"
NOISE = (  # what DVC says around a stage
    *("Running stage ", "> ", "Updating lock file", "Generating lock file", "Use `dvc push`"),
    *("To track the changes", "\tgit add", "To enable auto staging", "\tdvc config"),
    *("failed to run: ", "Having any troubles?"),
)
FAILED = re.compile(r"ERROR: failed to reproduce '[^']*': ")  # before what is wrong


@dataclass(frozen=True)
class Plan:
    """The stages to visit, each with those of them that it waits for; and what each one writes that
    people look at."""

    waits_for: Mapping[str, set[str]]
    shown: Mapping[str, list[str]]


def plan(targets: Sequence[str], force: bool) -> Plan:
    """What is out of date, and all that comes after it; with targets, of what they need."""
    from dvc.repo import Repo

    with Repo() as repo:
        graph = repo.index.graph
        stages = {stage.addressing: stage for stage in graph}
        before = {name: {s.addressing for s in graph.successors(stages[name])} for name in stages}
        needed = _closure(_named(targets, stages), before)
        status = repo.status(targets=list(targets) or None, with_deps=True)
        changed = set(needed) if force else set(status)
        after = {name: {other for other in stages if name in before[other]} for name in stages}
        visited = _closure(changed & needed, after) & needed
        shown = {
            name: [str(out.def_path) for out in stages[name].outs if _is_to_look_at(out.def_path)]
            for name in visited
        }
    return Plan({name: before[name] & visited for name in stages if name in visited}, shown)


def _named(targets: Sequence[str], stages: Iterable[str]) -> list[str]:
    """The stages that are meant: all if there are no targets; `images_train` means those of every
    method, as it does for DVC."""
    groups = {name: name.partition("@")[0] for name in stages}
    if unknown := {*targets} - {*groups, *groups.values()}:
        known = ", ".join(dict.fromkeys(groups.values()))
        sys.exit(f"error: there is no stage {min(unknown)}; there are: {known}")
    return [name for name, group in groups.items() if not targets or {name, group} & {*targets}]


def _closure(names: Iterable[str], neighbours: Mapping[str, set[str]]) -> set[str]:
    found, left = set(), list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += neighbours[name]
    return found


def _is_to_look_at(path: str) -> bool:
    return path.startswith("plots/") and path.endswith(("/pictures", ".html"))


@dataclass
class Runner:
    """Works through a plan with `jobs` stages at a time."""

    plan: Plan
    jobs: int
    threads: int
    force: bool
    running: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    begun: dict[str, float] = field(default_factory=dict)
    last_line: dict[str, str] = field(default_factory=dict)
    done: int = 0
    interrupted: bool = False

    def run(self) -> list[str]:
        """Every stage of the plan; the names of those that failed, after which none is begun."""
        failed: list[str] = []
        known = _durations()
        urgency = _longest_ways(self.plan.waits_for, known)
        sorter = TopologicalSorter(self.plan.waits_for)
        sorter.prepare()
        ready: list[str] = []
        while sorter.is_active():
            ready = sorted([*ready, *sorter.get_ready()], key=lambda name: -urgency[name])
            while ready and len(self.running) < self.jobs and not failed:
                self.start(ready.pop(0))
            if not self.running:
                break
            name = self.wait()
            if self.running.pop(name).returncode:
                failed.append(name)
            else:
                known[name] = time.monotonic() - self.begun[name]
                self.report(name)
                sorter.done(name)
        DURATIONS.parent.mkdir(parents=True, exist_ok=True)
        DURATIONS.write_text(json.dumps(known), encoding="utf-8")
        return failed

    def start(self, name: str) -> None:
        command = [str(DVC), "--wait-for-lock", "repro", "--single-item", name]
        alone = self.jobs == 1  # its progress bar can be seen
        self.begun[name] = time.monotonic()
        process = subprocess.Popen(
            command + ["--force"] * self.force,
            env={**os.environ, "OMP_NUM_THREADS": str(self.threads)},
            stdout=None if alone else subprocess.PIPE,
            stderr=None if alone else subprocess.STDOUT,
            text=True,
            start_new_session=True,  # a Ctrl-C reaches it through `stop`
        )
        self.running[name] = process
        if not alone:
            threading.Thread(target=self.listen, args=(name, process), daemon=True).start()

    def listen(self, name: str, process: subprocess.Popen[str]) -> None:
        """Pass on what a stage says, line by line and with its name before it."""
        for line in process.stdout or ():
            text = FAILED.sub("", line.rstrip())
            if text and not text.startswith(NOISE) and not self.interrupted:
                self.last_line[name] = text
                print(f"{name}: {text}", flush=True)

    def wait(self) -> str:
        """The name of a stage that has ended."""
        while not self.interrupted:
            for name, process in self.running.items():
                if process.poll() is not None:
                    return name
            time.sleep(0.05)
        raise KeyboardInterrupt

    def interrupt(self, *_: object) -> None:
        """Have `wait` end. An exception at any moment might leave a stage that has just begun, and
        is not yet among the `running`."""
        self.interrupted = True

    def report(self, name: str) -> None:
        self.done += 1
        took = time.monotonic() - self.begun[name]
        print(f"[{self.done}/{len(self.plan.waits_for)}] {name}, {took:.0f} s", flush=True)
        for path in self.plan.shown[name]:
            print(f"    to look at by now: {path}", flush=True)

    def stop(self) -> None:
        """End every stage that is at work, and wait until it has ended. By SIGTERM, as Python says
        nothing of it: of SIGINT, a stage that is importing its libraries shows a traceback."""
        for signal_, patience in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
            for process in self.running.values():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal_)
            until = time.monotonic() + patience
            while time.monotonic() < until and any(_alive(p.pid) for p in self.running.values()):
                for process in self.running.values():
                    process.poll()
                time.sleep(0.05)


def _alive(group: int) -> bool:
    """Whether any process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _durations() -> dict[str, float]:
    try:
        found: dict[str, float] = json.loads(DURATIONS.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    return found


def _longest_ways(
    waits_for: Mapping[str, set[str]], known: Mapping[str, float]
) -> dict[str, float]:
    """Seconds from each stage's begin to the end of the longest chain of stages that starts with
    it; where nothing is known, training counts for more than the rest."""
    longest: dict[str, float] = {}
    order = list(TopologicalSorter(waits_for).static_order())
    for name in reversed(order):
        own = known.get(name, 60.0 if "train" in name else 10.0)
        later = [longest[other] for other in order if name in waits_for[other]]
        longest[name] = own + max(later, default=0.0)
    return longest


def in_order(lock: Path = Path("dvc.lock")) -> None:
    """Put the stages of dvc.lock in the order of their names, whatever order they ended in."""
    from dvc.utils.serialize import dumps_yaml, load_path
    from dvc_objects.fs.local import localfs

    from jepatlas.common.base.storage import write

    if not lock.exists():  # nothing has ended well yet
        return
    content = load_path(str(lock), localfs)
    content["stages"] = dict(sorted(content["stages"].items()))
    write(lock, lambda temporary: temporary.write_text(dumps_yaml(content), encoding="utf-8"))


def possible_jobs(group: Path = Path("/sys/fs/cgroup")) -> int:
    """As many stages as there are cores, and memory for 2 GB each; in a container, of what that may
    use. group: the folder where Linux says so."""
    cores = len(os.sched_getaffinity(0))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # no container; "max"
        memory = min(memory, int((group / "memory.max").read_text(encoding="utf-8")))
    with contextlib.suppress(OSError, ValueError):
        quota, period = map(int, (group / "cpu.max").read_text(encoding="utf-8").split())
        cores = min(cores, quota // period)
    return max(1, min(cores, memory // MEMORY))


def on_interruption(handler: Callable[..., None]) -> None:
    """By Ctrl-C or `kill`."""
    for sent in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sent, handler)


def leave(*_: object) -> None:
    """Where no stage is at work, at once: an exception may be lost in what DVC imports."""
    say_interrupted()
    os._exit(130)


def say_interrupted() -> None:
    start = "\n" if sys.stderr.isatty() else ""  # where a progress bar or ^C stands
    os.write(2, f"{start}interrupted; `make repro` goes on from here\n".encode())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make repro", description=__doc__.splitlines()[0])
    parser.add_argument("stages", nargs="*", metavar="STAGE")
    parser.add_argument("--jobs", type=int, default=possible_jobs())
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("-f", "--force", action="store_true")
    given = parser.parse_args(arguments)
    on_interruption(leave)
    faster()
    check(["repro"])  # from here on, the package is that of the folder's project
    from jepatlas.mending import alone, mend

    try:
        with alone():
            mend()
            return run(given)
    except KeyboardInterrupt:
        say_interrupted()
        return 130
    except OSError as error:
        why = error.strerror or str(error)
        print(f"error: {error.filename or 'this folder'}: {why}; {GOES_ON}", file=sys.stderr)
        return 1
    except sqlite3.OperationalError as error:  # such as a full disk, in SQLite's words
        print(f"error: DVC's tables: {error}; {GOES_ON}", file=sys.stderr)
        return 1


def run(given: argparse.Namespace) -> int:
    """Make a plan and work through it; the exit status."""
    made = patiently(lambda: plan(given.stages, given.force))
    if not made.waits_for:
        print("Data and pipelines are up to date.")
        return 0
    runner = Runner(made, max(given.jobs, 1), max(given.threads, 1), given.force)
    on_interruption(runner.interrupt)
    try:
        failed = runner.run()
    except BaseException:
        runner.stop()
        raise
    on_interruption(leave)
    in_order()
    if failed:
        for name in failed:
            why = runner.last_line.get(name, "")
            print(f"failed: {name}{f': {why}' if why else ''}", file=sys.stderr)
        return 1
    return 0


def patiently(look: Callable[[], Plan]) -> Plan:
    """What `look` finds, once no other command of DVC is at work here."""
    said = False
    while True:
        try:
            return look()
        except LockError:
            if not said:
                print("waiting for another dvc to end", flush=True)
            said = True
            time.sleep(1)


if __name__ == "__main__":
    sys.exit(main())
