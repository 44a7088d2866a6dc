"""What a killed DVC leaves behind is put right before the next run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dvc.schema import COMPILED_LOCKFILE_SCHEMA

from jepatlas import mending
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


def test_a_half_written_checkpoint_goes_with_the_process_that_wrote_it(folder: Path) -> None:
    code = """if True:
        import os
        from jepatlas.common.base.storage import write
        from jepatlas.mending import CHECKPOINTS

        def killed(file):
            file.write_bytes(b"half")
            os._exit(9)

        write(CHECKPOINTS / "a-1.checkpoint", killed)
    """
    environment = {**os.environ, "PYTHONPATH": str(project.ROOT / "src")}
    assert (
        subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 9
    )
    whole = mending.CHECKPOINTS / "a-1.checkpoint"
    at_work = mending.CHECKPOINTS / f".b-1.{os.getpid()}.checkpoint"
    for file in (whole, at_work):
        file.touch()
    assert len(list(folder.glob("data/checkpoints/.*"))) == 2
    mending.mend()
    assert set(mending.CHECKPOINTS.iterdir()) == {whole, at_work}


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
    assert other.communicate(timeout=60)[0] == "at work\n"
