"""A project whose only track is a toy: what is neither common nor its own folder is left out."""

import shutil
from pathlib import Path

import pandas as pd
import yaml

from jepatlas.common.base import tracks
from jepatlas.common.measuring import measures
from tests import project
from tests.report.metrics import number

FILES = {
    "__init__.py": "",
    "track.py": """
from typing import Any

from jepatlas.common.base.parameters import Count, Section

TITLE = "Toy world"


class Parameters(Section):
    members: Count
    methods: dict[str, Any]
""",
    "truth/__init__.py": "",
    "methods/__init__.py": "",
    "methods/line.py": """
from jepatlas.common.base.parameters import Positive, Section
from jepatlas.common.learning.family import Family
from jepatlas.objectives.prediction import paired_distance


class Method(Section):
    family: Family
    slope: Positive

    def loss(self, networks, batch, draws):
        return paired_distance(batch, batch)
""",
    "reporting/__init__.py": "",
    "reporting/claims.py": """
from jepatlas.common.reporting.rules import Measure, Section, Threshold

SMALL = Threshold(0.5, "half of the toy's unit")


def claims():
    error = Measure("toy", "line", "error.*", "error of the line at {}", "noise")
    return [Section("toy", "Results").claim("toy-exact", "The line is exact", error < SMALL)]
""",
}
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
    "toy": {"members": 2, "methods": {"line": {"family": "prediction", "slope": 1}}},
}
MEASURED = {"error": {"0": number(0.1, 0.01), "1": number(0.25, 0.02)}}


def make(root: Path) -> Path:
    """The project in the folder `root`, its method measured."""
    source = root / "src" / "jepatlas"
    leave = shutil.ignore_patterns("__pycache__", *tracks.names())
    shutil.copytree(project.ROOT / "src" / "jepatlas", source, ignore=leave)
    for file in ("stages/__init__.py", "stages/claims.py", "stages/report.py", "tools/docs.py"):
        (root / file).parent.mkdir(exist_ok=True)
        shutil.copy(project.ROOT / file, root / file)
    for name, text in FILES.items():
        write(source / "toy" / name, text)
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
