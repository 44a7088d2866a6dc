"""Sweeps of a toy project on a Ray cluster of two nodes, with a bare Git remote and a folder as DVC
remote."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib as mpl
import pytest

from jepatlas.sweeps import node
from tests import project
from tests.sweeps import toy
from tests.sweeps.waiting import stages, until

pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),
]  # what Ray warns of is its own

HERE = [sys.executable, "-m", "jepatlas.sweeps", "sweeps/areas.yaml"]
BOOTSTRAP = """
import os, pathlib, sys
folder = pathlib.Path(".venv/bin")
folder.mkdir(parents=True)
for name in ("python", "dvc"):
    program = folder / name
    program.write_text(f'#!/bin/sh\\nexec {os.environ["PROGRAMS"]}/{name} "$@"\\n')
    program.chmod(0o755)
with open(os.environ["PROGRAMS_MADE"], "a") as file:
    file.write("made\\n")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory):
    """Of nodes and projects; what it sets in the environment, nodes and sweeps have."""
    root = tmp_path_factory.mktemp("cluster")
    with tempfile.TemporaryDirectory() as short, pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", short)  # for sockets, whose names may not be long
        (root / "scratch").mkdir()
        patch.setenv("TMPDIR", str(root / "scratch"))
        patch.setenv("PROGRAMS", str(Path(sys.executable).parent))
        patch.setenv("PROGRAMS_MADE", str(root / "made"))
        patch.setenv("PYTHONPATH", str(project.ROOT / "src"))
        patch.setenv("MPLCONFIGDIR", mpl.get_configdir())
        patch.setenv("WAIT_WHILE", str(root / "wait"))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        yield root


@pytest.fixture(scope="module")
def cluster(folder):
    from ray.cluster_utils import Cluster

    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    for _ in range(2):
        found.add_node(num_cpus=1, memory=2 * 2**30, object_store_memory=100 * 2**20)
    yield found
    found.shutdown()


@pytest.fixture(scope="module")
def pushed(folder):
    """A project whose commit is on a Git remote, and which has a DVC remote."""
    root = toy.make(folder / "toy")
    (root / "tools").mkdir()
    (root / "tools/bootstrap.py").write_text(BOOTSTRAP, encoding="utf-8")
    for name in node.LOCKED:
        (root / name).touch()
    (folder / "storage").mkdir()
    project.run(root, "dvc", "remote", "add", "--default", "storage", str(folder / "storage"))
    project.commit(root, "Set up")
    project.run(folder, "git", "init", "--quiet", "--bare", "remote.git")
    project.run(root, "git", "remote", "add", "origin", str(folder / "remote.git"))
    project.run(root, "git", "push", "--quiet", "origin", "HEAD:main")
    return root


def clone(pushed: Path, name: str) -> Path:
    """Another clone, where none of the experiments is."""
    root = pushed.parent / name
    project.run(pushed.parent, "git", "clone", "--quiet", "--branch", "main", "remote.git", name)
    for key in ("user.name", "user.email"):
        project.run(root, "git", "config", key, "tester")
    return root


def on(cluster) -> list[str]:
    return [*HERE, "--engine", "ray", "--address", cluster.address]


def files(root: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (root / "sweeps/results/areas").iterdir()}


def test_a_cluster_gives_what_one_machine_gives_byte_for_byte(pushed, cluster):
    alone = clone(pushed, "alone")
    project.run(alone, *HERE, "--workers", "1", "--threads", "1", check=False)
    done = project.run(pushed, *on(cluster), check=False)
    assert done.returncode == 1, done.stderr
    assert files(pushed) == files(alone)
    assert "2 done, 0 running, 1 failed" in done.stdout
    assert (pushed.parent / "made").read_text() == "made\n"  # one environment for all three


def test_a_failed_task_is_reported_with_its_log(pushed, cluster):
    done = project.run(pushed, *on(cluster), check=False)
    assert "failed: areas-width=13: width 13 brings bad luck" in done.stderr.splitlines()
    log = (pushed / ".dvc/tmp/sweeps/areas-width=13.log").read_text(encoding="utf-8")
    assert "Running stage 'measure@plain'" in log


def test_at_home_it_is_an_experiment_like_any_other(pushed):
    listed = project.run(pushed, "dvc", "exp", "list", "--name-only").stdout.split()
    assert sorted(listed) == ["areas-width=2.5", "areas-width=4"]
    project.run(pushed, "dvc", "exp", "apply", "areas-width=4")
    assert "plain,area,8.0" in (pushed / "data/measured/plain.csv").read_text(encoding="utf-8")
    project.run(pushed, "git", "reset", "--quiet", "--hard")
    project.run(pushed, "git", "clean", "--quiet", "--force", "-d", "-x", "data", "dvc.lock")


def test_what_was_pushed_is_fetched_and_not_run_again(pushed, cluster):
    other = clone(pushed, "other")
    done = project.run(other, *on(cluster), check=False)
    assert done.stdout.startswith("2 done, 1 running, 0 failed")
    assert files(other) == files(pushed)


def test_what_nodes_could_not_have_is_refused(pushed, cluster):
    project.change(pushed, lambda params: params.update(strength=2))
    changed = project.run(pushed, *on(cluster), check=False)
    project.commit(pushed, "Change")
    not_pushed = project.run(pushed, *on(cluster), check=False)
    project.run(pushed, "git", "reset", "--quiet", "--hard", "HEAD^")
    assert changed.returncode == not_pushed.returncode == 2
    assert "params.yaml: changed" in changed.stderr
    assert "git push" in not_pushed.stderr


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("git remote set-url origin /nowhere", "error: git fetch: "),
        ("dvc remote modify --local storage url /nowhere", "error: dvc: storage: "),
        ("dvc remote modify --local storage url http://127.0.0.1:9/", "error: dvc: storage: "),
        ("dvc config --local core.remote nowhere", "error: dvc: nowhere: "),
    ],
)
def test_an_unreachable_remote_is_found_before_anything_runs(pushed, cluster, command, message):
    other = clone(pushed, f"unreachable{len(list(pushed.parent.iterdir()))}")
    project.run(other, *command.split())
    done = project.run(other, *on(cluster), check=False)
    assert done.returncode == 2
    assert message in done.stderr
    assert "running" not in done.stdout


def test_an_experiment_that_no_node_has_room_for_is_refused(pushed, cluster):
    other = clone(pushed, "large")
    file = other / "sweeps/areas.yaml"
    (other / "sweeps/large.yaml").write_text(f"{file.read_text()}resources: {{cpus: 5}}\n")
    command = [*HERE[:-1], "sweeps/large.yaml", *on(cluster)[len(HERE) :]]
    done = project.run(other, *command, check=False)
    assert done.returncode == 2
    assert "error: ray: no node has 5 CPUs" in done.stderr


def test_a_node_that_dies_loses_nothing(pushed, cluster):
    project.change(pushed, lambda params: params.update(strength=3))
    project.commit(pushed, "Strengthen")
    project.run(pushed, "git", "push", "--quiet", "origin", "HEAD:main")
    (wait := pushed.parent / "wait").touch()
    with subprocess.Popen(on(cluster), cwd=pushed, env=os.environ) as sweep:
        try:
            until(lambda: len(stages(pushed.parent / "scratch")) == 2)
            cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
        finally:
            wait.unlink()  # else nothing would end
    listed = project.run(pushed, "dvc", "exp", "list", "--name-only").stdout.split()
    assert sorted(listed) == ["areas-width=2.5", "areas-width=4"]
    assert sweep.returncode == 1  # of the width that fails anywhere
