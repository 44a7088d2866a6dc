"""What a killed run leaves behind is put right before the next one."""

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo
from dvc.schema import COMPILED_LOCKFILE_SCHEMA

from jepatlas import mending
from jepatlas.common.base import tracks
from tests import project

WHOLE = """\
schema: '2.0'
stages:
  data:
    cmd: draw
    deps:
    - path: draw.py
      hash: md5
      md5: a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1
      size: 1
    params:
      params.yaml:
        seed: 0
    outs:
    - path: points
      hash: md5
      md5: b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2
      size: 2
  train@a:
    cmd: train a
    outs:
    - path: a
      hash: md5
      md5: c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3
      size: 3
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dvc/tmp").mkdir(parents=True)
    return tmp_path


def test_what_is_whole_is_left_alone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mending.mend()
    assert not mending.LOCK.exists()
    mending.LOCK.write_text(WHOLE)
    mending.BUSY.write_text("{}")
    mending.mend()
    assert mending.LOCK.read_text() == WHOLE
    assert mending.BUSY.read_text() == "{}"
    assert capsys.readouterr() == ("", "")


def test_cut_anywhere_it_can_be_read_again(capsys: pytest.CaptureFixture[str]) -> None:
    """A stage that is cut may still be YAML; for DVC it is then one that has changed."""
    whole = mending.entries(WHOLE.encode())
    assert whole is not None
    kept = set()
    for length in range(len(WHOLE)):
        mending.LOCK.write_text(WHOLE[:length])
        mending.mend()
        COMPILED_LOCKFILE_SCHEMA(yaml.safe_load(mending.LOCK.read_bytes()))
        found = mending.entries(mending.LOCK.read_bytes())
        assert found is not None
        assert found.get("data", whole["data"]) == whole["data"] or list(found) == ["data"]
        kept.add(len(found))
    assert kept == {0, 1, 2}
    assert Path(".dvc/tmp/dvc.lock.damaged").exists()
    assert "dvc.lock was cut short" in capsys.readouterr().err


def test_a_table_of_readers_that_is_damaged_goes() -> None:
    mending.BUSY.write_text('{"read": {"a"')
    mending.mend()
    assert not mending.BUSY.exists()


@pytest.fixture
def gone() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen(["true"]) as process:
        return process.pid


def test_a_table_of_readers_that_are_gone_goes(gone: int) -> None:
    mending.BUSY.write_text(json.dumps({"write": {"a": {"pid": gone, "cmd": "dvc repro"}}}))
    mending.mend()
    assert not mending.BUSY.exists()


@pytest.mark.parametrize(("age", "kept"), [(0, True), (10**9, False)])
def test_a_reader_lives_if_its_process_was_there_when_it_began(age: int, kept: bool) -> None:
    """After a restart, its number is that of somebody else."""
    reader = {"pid": os.getpid(), "cmd": "dvc repro"}
    mending.BUSY.write_text(json.dumps({"read": {"a": [reader]}, "write": {}}))
    os.utime(mending.BUSY, (time.time() - age,) * 2)
    mending.mend()
    assert mending.BUSY.exists() == kept


@pytest.mark.parametrize(
    "name",
    [
        "data/checkpoints/a-1.checkpoint",
        f"data/{tracks.names()[0]}/measured/a.csv",
        "metrics/a.json",
        "plots/a/pictures/a.png",
        "dvc.lock",
    ],
)
def test_a_half_written_file_goes_with_the_process_that_wrote_it(folder: Path, name: str) -> None:
    code = f"""if True:
        import os
        from pathlib import Path
        from jepatlas.common.base.storage import write

        def killed(file):
            file.write_bytes(b"half")
            os._exit(9)

        write(Path("{name}"), killed)
    """
    environment = {**os.environ, "PYTHONPATH": str(project.ROOT / "src")}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert killed.returncode == 9
    (left,) = (folder / name).parent.glob(".*.*.*")
    whole = folder / name
    at_work = whole.with_name(f".{whole.stem}.{os.getpid()}{whole.suffix}")
    whole.write_text(WHOLE)
    at_work.touch()
    mending.mend()
    assert not left.exists()
    assert whole.read_text() == WHOLE
    assert at_work.exists()


def test_what_is_not_ours_stays(folder: Path, gone: int) -> None:
    names = ("data/supplied/mine", "metrics", "src")
    files = [folder / name / f".a.{gone}.png" for name in names]
    files[1] = files[1].with_name(".a.b.png")
    for file in files:
        file.parent.mkdir(parents=True)
        file.touch()
    mending.mend()
    assert all(file.exists() for file in files)


def test_a_half_written_file_is_no_part_of_a_folder_for_dvc(gone: int) -> None:
    """Or the stage that depends on the folder would run, and note another hash of it."""
    ignored = Repo(str(project.ROOT)).dvcignore.is_ignored_file
    lock = yaml.load((project.ROOT / "dvc.lock").read_text(encoding="utf-8"), yaml.CSafeLoader)
    outs = [Path(out["path"]) for stage in lock["stages"].values() for out in stage["outs"]]
    assert not any(ignored(str(project.ROOT / out)) for out in outs)
    halves = [out.with_name(f".{out.stem}.{gone}{out.suffix}") for out in outs if out.suffix]
    assert halves
    assert all(ignored(str(project.ROOT / half)) for half in halves)


def test_a_second_one_says_so_and_waits(folder: Path) -> None:
    code = "from jepatlas.mending import alone\nwith alone(): print('at work', flush=True)"
    with mending.alone():
        other = subprocess.Popen(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": str(project.ROOT / "src")},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert other.stdout
        waiting = f"waiting for another make repro (process {os.getpid()}) to end\n"
        assert other.stdout.readline() == waiting
        assert select.select([other.stdout], [], [], 1.0)[0] == []  # it waits
    assert other.communicate(timeout=60)[0] == "at work\n"
