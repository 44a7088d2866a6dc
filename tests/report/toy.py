"""A project whose only track is the toy of tests/toy, with made-up measures: what is neither common
nor its own folder is left out. In tests/stages, the same track is added to a whole project.
"""

import shutil
from pathlib import Path

import pandas as pd
import yaml

from jepatlas.common.base import tracks
from jepatlas.common.measuring import measures
from tests import project
from tests.report.metrics import number

FILES = (
    *("stages/__init__.py", "stages/claims.py", "stages/report.py"),
    *("tools/docs.py", "tools/small/__init__.py"),
)
TRACK = project.ROOT / "tests" / "toy"
TABLES = """
from jepatlas.common.reporting.tables import interval, markdown, measured


def tables():
    methods, measures = measured("toy")
    rows = ([f"`{name}`", interval(measures.get(name, "error.0"))] for name in methods)
    return {"toy errors": markdown(["method", "error"], rows)}
"""
PARAMS = {
    "seed": 0,
    "device": "cpu",
    "arithmetic": "fast",
    "note": None,
    **yaml.safe_load((TRACK / "params.yaml").read_text(encoding="utf-8")),
}
MEASURED = {"error": {"0": number(0.1, 0.01), "1": number(0.25, 0.02)}}


def make(root: Path) -> Path:
    """The project in the folder `root`, its method measured."""
    source = root / "src" / "jepatlas"
    leave = shutil.ignore_patterns("__pycache__", *tracks.names())
    shutil.copytree(project.ROOT / "src" / "jepatlas", source, ignore=leave)
    for file in FILES:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project.ROOT / file, root / file)
    shutil.copytree(TRACK / "src", root / "src", dirs_exist_ok=True)
    write(root / "params.yaml", yaml.safe_dump(PARAMS, sort_keys=False))
    write(root / "README.md", "# Toy\n\n<!-- table: claims -->\n<!-- end -->\n")
    measure(root, MEASURED)
    return root


def measure(root: Path, measured: dict[str, object]) -> None:
    """What `toy_figures` would write."""
    table: pd.DataFrame = measures.table("line", measured)
    write(root / "plots/toy/tables/measures.csv", table.to_csv(index=False))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
