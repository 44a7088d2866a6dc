"""How a stage refuses what it is given: in one line, with status 2, and nothing touched."""

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest


def contents(root: Path) -> dict[str, bytes]:
    """The parameters, and what stages read and write."""
    files = [root / "params.yaml", *(root / "data").rglob("*"), *(root / "metrics").rglob("*")]
    return {str(file.relative_to(root)): file.read_bytes() for file in files if file.is_file()}


def refusal(module: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Any) -> str:
    """Run a stage in this process; it must refuse in one line and touch nothing."""
    before = contents(Path.cwd())
    monkeypatch.setattr(sys, "argv", [module, *arguments])
    monkeypatch.delitem(sys.modules, module, raising=False)  # runpy warns of what is there already
    with pytest.raises(SystemExit) as exit_:
        runpy.run_module(module, run_name="__main__")
    assert exit_.value.code == 2
    assert contents(Path.cwd()) == before
    said: str = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    return said
