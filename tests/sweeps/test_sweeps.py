"""Sweeps of a toy project, run as a user runs them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from dvc.utils.serialize import parse_yaml

from jepatlas.sweeps.copies import Project
from tests import project
from tests.sweeps import toy
from tests.sweeps.waiting import stages, until

SWEEP = [sys.executable, "-m", "jepatlas.sweeps", "sweeps/areas.yaml"]
HERE = {
    "PYTHONPATH": str(project.ROOT / "src"),
    "MPLCONFIGDIR": mpl.get_configdir(),  # with the cache of fonts, which takes seconds to make
}


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory):
    """A project with a change that is not committed, and its sweep, which ended."""
    root = toy.make(tmp_path_factory.mktemp("swept") / "toy")
    project.change(root, lambda params: params.update(strength=2))
    done = project.run(root, *SWEEP, "--workers", "2", "--threads", "3", check=False, **HERE)
    return root, done


def table(root: Path) -> pd.DataFrame:
    return pd.read_csv(root / "sweeps/results/areas/table.csv")


def commits(root: Path) -> list[str]:
    return project.run(root, "git", "for-each-ref", "refs/exps", check=True).stdout.splitlines()


def test_the_table_has_a_row_for_each_experiment_and_measure(swept):
    found = table(swept[0])
    assert ",".join(found) == "experiment,width,method,measure,mean,ci95,min,max,members"
    area = found[found["measure"] == "area"].set_index("width")["mean"]
    assert area.to_dict() == {2.5: 2.5**2 * 2, 4: 4**2 * 2}  # with the uncommitted strength
    assert set(found["measure"]) == {"area", "threads"}


def test_threads_are_as_asked_for(swept):
    found = table(swept[0])
    assert set(found[found["measure"] == "threads"]["mean"]) == {3}


def test_a_failed_experiment_is_listed_with_its_last_line_and_stops_nothing(swept):
    _, done = swept
    assert done.returncode == 1
    assert "failed: areas-width=13: width 13 brings bad luck" in done.stderr.splitlines()
    assert "2 done, 0 running, 1 failed" in done.stdout


def test_experiments_are_those_of_dvc_and_the_project_stays_as_it_was(swept):
    root, _ = swept
    listed = project.run(root, "dvc", "exp", "list", "--name-only").stdout.split()
    assert sorted(listed) == ["areas-width=2.5", "areas-width=4"]
    assert project.run(root, "git", "status", "--short").stdout == " M params.yaml\n"
    assert not (root / "data").exists()
    assert not list((root / ".dvc/tmp/sweeps").glob("*/"))


def test_outputs_are_where_the_project_itself_looks_for_them(swept):
    cache = swept[0] / ".dvc/cache/files/md5"
    assert all(len(file.name) == 2 for file in cache.iterdir())
    assert (cache.parent.parent / "runs").is_dir()


def test_there_is_a_figure(swept):
    folder = swept[0] / "sweeps/results/areas"
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert "Areas" in (folder / "figure.svg").read_text(encoding="utf-8")


def test_what_is_there_is_taken_and_what_changed_is_run_again(swept):
    root, _ = swept
    before = commits(root)
    project.run(root, *SWEEP, check=False, **HERE)
    assert commits(root) == before
    project.change(root, lambda params: params.update(strength=1))
    project.run(root, *SWEEP, check=False, **HERE)
    assert len(commits(root)) == len(before)
    assert not set(commits(root)) & set(before)
    assert set(table(root).query("measure == 'area'")["mean"]) == {2.5**2, 4**2}


@pytest.mark.parametrize("text", ["1e-05", "1e-3", "010", "on"])
def test_parameters_of_an_experiment_are_read_as_dvc_reads_them(tmp_path, text):
    (tmp_path / "params.yaml").write_text(f"rate: {text}\n", encoding="utf-8")
    project.run(tmp_path, "git", "init", "--quiet")
    project.commit(tmp_path, "Begin")
    read = Project(tmp_path, "HEAD", "HEAD", tmp_path).parameters("HEAD")
    assert repr(read) == repr(parse_yaml(f"rate: {text}", "params.yaml"))


def test_a_file_outside_git_is_refused(swept):
    root, _ = swept
    (root / "stages/new.py").touch()
    done = project.run(root, *SWEEP, check=False, **HERE)
    (root / "stages/new.py").unlink()
    assert done.returncode == 2
    assert done.stderr.startswith("error: stages/new.py: not in Git")


@pytest.mark.slow
def test_a_killed_sweep_goes_on_with_what_is_missing(tmp_path):
    root = toy.make(tmp_path / "toy")
    (wait := tmp_path / "wait").touch()
    run = subprocess.Popen(
        [*SWEEP, "--workers", "1"], cwd=root, env={**os.environ, **HERE, "WAIT_WHILE": str(wait)}
    )
    until(lambda: stages(root / ".dvc/tmp/sweeps"))  # the first experiment waits in its stage
    second = project.run(root, *SWEEP, check=False, **HERE)
    assert second.returncode == 2
    assert "another sweep runs" in second.stderr
    run.send_signal(signal.SIGKILL)
    run.wait()
    (left,) = stages(root / ".dvc/tmp/sweeps")
    os.kill(left, 0)  # outlives the sweep
    limit = ("timeout", "300")  # it would wait for one that outlives the sweep and is not ended
    done = project.run(root, *limit, *SWEEP, "--workers", "1", check=False, **HERE)
    assert "2 done, 0 running, 1 failed" in done.stdout
    until(lambda: not stages(root / ".dvc/tmp/sweeps"))
    assert len(table(root)) == 2 * 2
