"""How the pipeline is run: what is refused before DVC looks, stages side by side, interruptions."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import project
from tools import repro

pytestmark = pytest.mark.slow

PIPELINE = """
stages:
  a: {cmd: "sleep 2; echo a > a", outs: [a]}
  b: {cmd: "sleep 2; echo b > b", outs: [b]}
  c: {cmd: "cat a b > c", deps: [a, b], outs: [c]}
  d:
    cmd: echo $OMP_NUM_THREADS > d
    outs: [d: {cache: false}]
"""
REPRO = [sys.executable, str(project.ROOT / "tools/repro.py")]


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A pipeline of some seconds that has nothing to do with the project, in a folder whose name is
    not of one word of ASCII."""
    root = tmp_path / "ein größerer Ordner"
    root.mkdir()
    project.run(root, "git", "init", "--quiet")
    project.run(root, "dvc", "init", "--quiet")
    (root / "dvc.yaml").write_text(PIPELINE, encoding="utf-8")
    (root / "params.yaml").write_text("{}", encoding="utf-8")
    return root


def change(root: Path, name: str, command: str) -> None:
    content = yaml.safe_load((root / "dvc.yaml").read_text(encoding="utf-8"))
    content["stages"][name]["cmd"] = command
    (root / "dvc.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


# Notes that it has begun, and whether the other begins as well before its patience ends.
MEET = """
touch ../$1.begun
for i in $(seq $(cat ../patience)); do
    if [ -e ../$2.begun ]; then touch ../$1.met; break; fi
    sleep 0.1
done
echo $1 > $1
"""


def test_independent_stages_run_side_by_side_and_to_the_same_lock(toy: Path) -> None:
    (toy.parent / "meet.sh").write_text(MEET)
    change(toy, "a", "bash ../meet.sh a b")
    change(toy, "b", "bash ../meet.sh b a")
    (toy.parent / "patience").write_text("600")
    done = project.run(toy, *REPRO, "--jobs", "3", OMP_NUM_THREADS="7")
    assert len(list(toy.parent.glob("*.met"))) == 2
    assert "[4/4] c" in done.stdout
    assert (toy / "c").read_text() == "a\nb\n"
    assert (toy / "d").read_text() == "1\n"  # a thread each
    lock = (toy / "dvc.lock").read_bytes()
    for file in (*toy.parent.glob("*.met"), *toy.parent.glob("*.begun")):
        file.unlink()
    (toy.parent / "patience").write_text("1")
    project.run(toy, *REPRO, "--jobs", "1", "--force")
    assert len(list(toy.parent.glob("*.met"))) == 1  # the second found that the first had begun
    assert (toy / "dvc.lock").read_bytes() == lock
    assert project.run(toy, *REPRO).stdout == "Data and pipelines are up to date.\n"
    assert "up to date" in project.run(toy, "dvc", "status").stdout


DRAWS = """
stages:
  draw:
    cmd:
      - mkdir -p plots/x/pictures plots/x/tables
      - echo a | tee plots/x/pictures/a > plots/x/tables/a
    outs: [plots/x/pictures, plots/x/tables]
  page:
    cmd: mkdir -p plots/report && echo a > plots/report/index.html
    deps: [plots/x/pictures]
    outs: [plots/report/index.html]
  last: {cmd: echo last > last, deps: [plots/report/index.html], outs: [last]}
"""


def test_what_can_be_looked_at_is_said_as_soon_as_it_is_there(toy: Path) -> None:
    (toy / "dvc.yaml").write_text(DRAWS, encoding="utf-8")
    said = project.run(toy, *REPRO, "--jobs", "2").stdout
    assert re.sub(r", \d+ s$", "", said, flags=re.MULTILINE).splitlines() == [
        "[1/3] draw",
        "    to look at by now: plots/x/pictures",
        "[2/3] page",
        "    to look at by now: plots/report/index.html",
        "[3/3] last",
    ]


def test_a_clone_that_pulls_runs_nothing(toy: Path, tmp_path_factory: pytest.TempPathFactory):
    """What docs/pipeline.md says of a remote, with a folder as remote and without training."""
    project.run(toy, *REPRO)
    remote, clone = (tmp_path_factory.mktemp(name) for name in ("remote", "clone"))
    project.run(toy, "dvc", "remote", "add", "--default", "results", str(remote))
    project.run(toy, "dvc", "push")
    project.run(toy, "git", "add", ".")
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
    project.run(toy, "git", *identity, "commit", "--quiet", "--message", "results")
    project.run(clone, "git", "clone", "--quiet", str(toy), ".")
    assert not (clone / "c").exists()  # cached, so not in git
    project.run(clone, "dvc", "pull")
    assert (clone / "c").read_text() == "a\nb\n"
    assert "up to date" in project.run(clone, "dvc", "repro").stdout


def test_only_what_is_out_of_date_runs(toy: Path) -> None:
    project.run(toy, *REPRO)
    change(toy, "b", "sleep 0; echo other > b")
    said = project.run(toy, *REPRO).stdout
    assert "b, " in said
    assert "c, " in said
    assert "a, " not in said
    assert (toy / "c").read_text() == "a\nother\n"


def test_what_was_damaged_is_made_anew(toy: Path) -> None:
    """A dvc.lock that was cut short, an output that was deleted, a file of the cache that was
    overwritten or deleted."""
    project.run(toy, *REPRO)
    lock = toy / "dvc.lock"
    whole = lock.read_bytes()
    lock.write_bytes(whole[: whole.rindex(b"md5:") + 2])
    done = project.run(toy, *REPRO)
    assert "warning: dvc.lock was cut short" in done.stderr
    assert lock.read_bytes() == whole
    first, second, *_ = (toy / ".dvc/cache/files/md5").rglob("*/*")
    first.chmod(0o644)
    first.write_text("something else")
    second.unlink()
    for name in "abc":
        (toy / name).unlink()
    project.run(toy, *REPRO)
    assert [(toy / name).read_text() for name in "abc"] == ["a\n", "b\n", "a\nb\n"]
    assert lock.read_bytes() == whole


@pytest.mark.parametrize("home", [["--unset=HOME"], ["HOME=/proc/nobody"]], ids=["none", "closed"])
def test_in_a_worktree_of_a_shallow_clone_without_a_home_in_plain_ascii(
    toy: Path, home: list[str]
) -> None:
    project.commit(toy, "Begin")
    clone, tree = toy.parent / "a clone", toy.parent / "a tree"
    project.run(toy, "git", "clone", "--quiet", "--depth=1", toy.as_uri(), str(clone))
    project.run(clone, "git", "worktree", "add", "--quiet", "--detach", str(tree))
    plain = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}
    project.run(tree, "env", *home, *REPRO, **plain)
    assert (tree / "c").read_text() == "a\nb\n"


def test_a_folder_that_may_not_be_written_to_is_named_in_a_line(toy: Path) -> None:
    as_others = ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []
    folders = [toy, *(folder for folder in toy.rglob("*") if folder.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        done = project.run(toy, *as_others, *REPRO, check=False)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Permission denied" in done.stderr
    assert done.stderr.count("\n") == 1


# Where DVC keeps its tables, there is no room from now on.
FULL = """
import sqlite3, sys
from tools import repro

def full(*_):
    raise sqlite3.OperationalError("database or disk is full")

repro.plan = full
sys.exit(repro.main([]))
"""


def test_a_full_disk_under_dvcs_tables_is_one_line(toy: Path) -> None:
    path = f"{project.ROOT}:{project.ROOT / 'src'}"
    done = subprocess.run(
        [sys.executable, "-c", FULL],
        cwd=toy,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: DVC's tables: database or disk is full; nothing is lost")
    assert done.stderr.count("\n") == 1


def test_a_named_stage_runs_after_what_it_needs_and_nothing_else_runs(toy: Path) -> None:
    project.run(toy, *REPRO, "c")
    assert (toy / "c").read_text() == "a\nb\n"
    assert not (toy / "d").exists()
    change(toy, "b", "echo other > b")
    project.run(toy, *REPRO, "c")
    assert (toy / "c").read_text() == "a\nother\n"


def test_a_group_of_stages_is_named_without_its_members(toy: Path) -> None:
    each = {"foreach": ["x", "y"], "do": {"cmd": "echo ${item} > ${item}", "outs": ["${item}"]}}
    content = yaml.safe_load((toy / "dvc.yaml").read_text(encoding="utf-8"))
    content["stages"]["each"] = each
    (toy / "dvc.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    project.run(toy, *REPRO, "each")
    assert {name for name in "abcdxy" if (toy / name).exists()} == {"x", "y"}
    done = subprocess.run([*REPRO, "every"], cwd=toy, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: there is no stage every; there are: a, b, c, d, each\n"


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_dvc_finds_wrong_is_said(toy: Path, jobs: str) -> None:
    change(toy, "a", "true")  # it does not make what it says
    done = project.run(toy, *REPRO, "--jobs", jobs, "a", check=False)
    assert done.returncode == 1
    why = "output 'a' does not exist"
    assert why in done.stdout + done.stderr
    assert done.stderr.splitlines()[-1] == ("failed: a" if jobs == "1" else f"failed: a: {why}")


def test_a_container_says_how_many_stages_there_is_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: range(64))
    memory, cores = tmp_path / "memory.max", tmp_path / "cpu.max"
    most = repro.possible_jobs(tmp_path)  # of the machine
    for file, written, jobs in (
        (memory, "max", most),
        (memory, str(1 << 30), 1),
        (memory, str(5 << 30), min(most, 2)),
        (cores, "max 100000", min(most, 2)),
        (cores, "150000 100000", 1),
    ):
        file.write_text(written)
        assert repro.possible_jobs(tmp_path) == jobs


def test_a_failed_stage_fails_the_run_and_is_named_last(toy: Path) -> None:
    change(toy, "a", "echo a reason >&2; exit 3")
    done = project.run(toy, *REPRO, "--jobs", "2", check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("failed: a")
    assert not (toy / "c").exists()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_stops_all_of_it(toy: Path, sent: int) -> None:
    for name in "ab":
        change(toy, name, f"sleep 61; echo {name} > {name}")
    process = subprocess.Popen(
        [*REPRO, "--jobs", "2"],
        cwd=toy,
        env=environment(toy),
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: working(toy, "sleep\0") == 2)
    process.send_signal(sent)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert working(toy, "") == 0
    for name in "ab":
        change(toy, name, f"echo {name} > {name}")
    project.run(toy, *REPRO)
    assert (toy / "c").read_text() == "a\nb\n"


# A stage as ours are: a Ctrl-C that reaches it among its imports would show a traceback.
REAL = """
import torch
import scipy.signal
import time
time.sleep(61)
"""


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(
    ("command", "seconds"),
    [
        *(("tools/repro.py", seconds) for seconds in (0.0, 0.4, 1.2)),  # its own imports
        *(("--single-item", seconds) for seconds in (0.0, 0.4)),  # DVC's
        *(("real.py", seconds) for seconds in (0.0, 0.3, 1.0)),  # torch's and SciPy's
    ],
)
def test_an_interruption_shows_no_traceback_whatever_is_being_imported(
    toy: Path, jobs: str, command: str, seconds: float
) -> None:
    """So many seconds after the first process with that in its command has begun."""
    (toy / "real.py").write_text(REAL)
    for name in "ab":
        change(toy, name, f"python real.py {name}")
    process = subprocess.Popen(
        [*REPRO, "--jobs", jobs],
        cwd=toy,
        env=environment(toy),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until(lambda: working(toy, command) and handles_signals(process.pid))
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)  # to all that it has not taken out of a Ctrl-C's reach
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in out + said
    assert said in ("", "interrupted; `make repro` goes on from here\n")
    assert working(toy, "") == 0


@pytest.fixture
def foreground() -> Iterator[None]:
    """In the background of a shell Ctrl-C is ignored, by what that starts as well."""
    kept = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, kept)


STAGE = [sys.executable, "-m", "stages.mixture.train", "dsm"]


@pytest.mark.parametrize(
    ("command", "module"), [(REPRO, "argparse"), (["dvc"], "dvc"), (STAGE, "torch")]
)
def test_an_interruption_ends_it_from_its_first_import_on(
    tmp_path: Path, foreground: None, command: list[str], module: str
) -> None:
    sends = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
    (tmp_path / f"{module}.py").write_text(sends)
    path = f"{tmp_path}:{project.ROOT}:{os.environ.get('PYTHONPATH', '')}"
    done = project.run(tmp_path, *command, check=False, PYTHONPATH=path)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def handles_signals(pid: int) -> bool:
    """Whether a process has a handler of its own for SIGTERM, which Python has not."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def test_a_second_one_waits_for_the_first(toy: Path) -> None:
    first = subprocess.Popen(REPRO, cwd=toy, env=environment(toy), stdout=subprocess.DEVNULL)
    until(lambda: working(toy, "sleep\0") > 0)
    second = project.run(toy, *REPRO)
    assert first.wait(timeout=60) == 0
    assert second.stdout.splitlines() == [
        f"waiting for another make repro (process {first.pid}) to end",
        "Data and pipelines are up to date.",
    ]
    assert (toy / "c").read_text() == "a\nb\n"


def environment(root: Path) -> dict[str, str]:
    """As `project.run` has it."""
    programs = Path(sys.executable).parent
    return {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(root.parent)}


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def working(root: Path, command: str) -> int:
    """How many processes are at work in a folder with this in their command."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode("utf-8", "replace")
            found += command in words and (process / "cwd").resolve() == root
        except OSError:
            continue
    return found


# Our one line before DVC's own


@pytest.fixture(scope="module")
def small(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project.begin(tmp_path_factory.mktemp("messages") / "jepatlas")


def spoiled(params: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for part in parents:
        params = params[part]
    if value is ...:
        del params[last]
    else:
        params[last] = value


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("mixture.methods", None, "mixture.methods: should be a block"),
        ("images.methods.jepa", None, "images.methods.jepa: should be a block"),
        ("mixture.methods.dsm.family", ..., "mixture.methods.dsm.family: missing"),
        ("noisy_tv.methods.ar.family", "gating", "should be 'reconstruction'"),
        (
            "mixture.methods.dsm.default.sigma",
            -1,
            "mixture.methods.dsm.default.sigma: should be greater than 0",
        ),
        ("mixture.mixture", "documnet", "documnet"),
        ("sead", 1, "sead: unknown key"),
        ("images.data.path", "nowhere", "images.data.path: there is no 'nowhere'"),
    ],
)
def test_dvc_repro_says_our_line_and_nothing_else(
    small: Path, key: str, value: Any, said: str
) -> None:
    kept = (small / "params.yaml").read_bytes()
    project.change(small, lambda params: spoiled(params, key, value))
    try:
        done = project.run(small, "dvc", "repro", check=False)
    finally:
        (small / "params.yaml").write_bytes(kept)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: params.yaml: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert not (small / "dvc.lock").exists()


def test_parameters_that_have_passed_are_checked_again_for_other_code_and_another_pipeline(
    small: Path,
) -> None:
    project.run(small, "dvc", "repro", "--dry", check=False)  # DVC misses data that nothing made
    assert (small / ".dvc/tmp/params.passed").exists()
    method = small / "src/jepatlas/mixture/methods/dsm.py"
    method.rename(method.with_suffix(".gone"))
    try:
        done = project.run(small, "dvc", "repro", "--dry", check=False)
    finally:
        method.with_suffix(".gone").rename(method)
    assert done.returncode == 2
    assert done.stderr.startswith("error: params.yaml: mixture.methods.dsm: ")
    kept = (small / "dvc.yaml").read_text(encoding="utf-8")
    changed = kept.replace("foreach: ${mixture.methods}", "foreach: ${mixture.metods}")
    (small / "dvc.yaml").write_text(changed, encoding="utf-8")
    try:
        done = project.run(small, "dvc", "repro", "--dry", check=False)
    finally:
        (small / "dvc.yaml").write_text(kept, encoding="utf-8")
    assert done.returncode == 2
    assert done.stderr == "error: params.yaml: mixture.metods: should be a name, is None\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["-S", "mixture.methods.dsm.default.sigma=-1"],
        ["--queue", "-S", "mixture.methods.dsm.default.sigma=1,2,-3"],
        ["--queue", "-S", "mixture.methods.dsm.family=sigreg"],
    ],
)
def test_an_experiment_with_a_bad_value_is_neither_run_nor_queued(
    small: Path, arguments: list[str]
) -> None:
    done = project.run(small, "dvc", "exp", "run", *arguments, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: params.yaml: mixture.methods.dsm.")
    assert done.stderr.count("\n") == 1
    assert project.run(small, "git", "status", "--porcelain").stdout == ""
    assert "Queued" not in project.run(small, "dvc", "queue", "status").stdout


def test_all_else_is_dvcs_own(tmp_path: Path) -> None:
    done = project.run(tmp_path, "dvc", "repro", check=False)
    assert "not inside of a DVC repository" in done.stderr
    assert project.run(tmp_path, "dvc", "--version").stdout.strip()
