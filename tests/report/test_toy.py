"""A track that was added as a folder and a block of parameters is seen everywhere."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml

from jepatlas.common.base.storage import read_csv
from jepatlas.common.reporting.rules import COLUMNS
from tests import project
from tests.report import toy


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "jepatlas" / "src"))
    return toy.make(tmp_path / "jepatlas")


def run(root: Path, *command: str) -> CompletedProcess[str]:
    return project.run(root, sys.executable, *command, check=False)


def refused(done: CompletedProcess[str]) -> str:
    """The one line that a command was refused with."""
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("error: ").strip()


def changed(key: str, value: object) -> dict[str, Any]:
    """The toy's parameters with another value at a dotted key."""
    params: dict[str, Any] = copy.deepcopy(toy.PARAMS)
    *parents, last = key.split(".")
    block = params
    for parent in parents:
        block = block[parent]
    block[last] = value
    return params


CHECK = """
import json, sys
import yaml
from pathlib import Path
from jepatlas import check
from jepatlas.common.base.parameters import InputError

found = []
for text in json.load(sys.stdin):
    Path("params.yaml").write_text(text)
    try:
        check.main()
        found.append("")
    except InputError as error:
        found.append(str(error))
print(json.dumps(found))
"""
WRONG = {
    "toy: should be a block of parameters, is None": ("toy", None),
    "toy.methods: should be a block with one method or more, is None": ("toy.methods", None),
    "toy.members: should be greater than or equal to 1, is 0": ("toy.members", 0),
    "toy.widths: unknown key; toy takes: members, methods, slope": ("toy.widths", 3),
    "toy.methods.line.strength: should be greater than 0, is -1": ("toy.methods.line.strength", -1),
    "toy.methods.line.turn: unknown key; toy.methods.line takes: averaging, batch, family, "
    "learning_rate, schedule, steps, strength, warm_up, weight_decay": (
        "toy.methods.line.turn",
        1,
    ),
    "toy.methods.line.family: missing; it names the file of objectives/ that the loss comes from": (
        "toy.methods.line",
        {"strength": 1},
    ),
    "toy.methods.curve: unknown method; there are: line": (
        "toy.methods.curve",
        {"family": "prediction"},
    ),
    "toy.methods.line.family: should be 'prediction', the file of objectives/ that the loss comes "
    "from, is 'sigreg'": ("toy.methods.line.family", "sigreg"),
    "plaything: unknown key; the top level takes: arithmetic, device, note, seed, toy": (
        "plaything",
        {},
    ),
}


def test_its_parameters_are_checked(root):
    params = [yaml.safe_dump(toy.PARAMS)]
    params += [yaml.safe_dump(changed(key, value)) for key, value in WRONG.values()]
    command = [sys.executable, "-c", CHECK]
    done = subprocess.run(
        command, cwd=root, input=json.dumps(params), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == ["", *(f"params.yaml: {message}" for message in WRONG)]


SMALL = """
import json
from jepatlas.common.base.parameters import read
from tools import small

params = read()
small.shrink(params)
small.show(params)
print(json.dumps(params["toy"]))
"""


def made_small(root: Path) -> Any:
    return json.loads(project.run(root, sys.executable, "-c", SMALL).stdout)


def test_its_parameters_are_made_small(root):
    found = made_small(root)
    assert (found["members"], found["slope"]) == (2, 0.5)
    line = toy.PARAMS["toy"]["methods"]["line"]
    assert found["methods"]["line"] == line | {"steps": 40, "batch": 32}
    toy.write(root / "tools/small/toy.py", "def shrink(block):\n    block['slope'] = 7\n")
    assert made_small(root) == found | {"slope": 7}


def test_its_claims_are_judged(root):
    assert run(root, "-m", "stages.claims").returncode == 0
    counts = json.loads((root / "metrics/claims.json").read_text(encoding="utf-8"))["claims"]
    assert counts == {
        "holds": 1,
        "holds in part": 0,
        "undecided": 0,
        "does not hold": 0,
        "not tested": 0,
    }
    (row,) = read_csv(root / "plots/claims.csv", texts=COLUMNS).to_dict("records")
    assert (row["track"], row["verdict"]) == ("toy", "holds")
    assert row["measured"] == "error of the line at noise = 1"
    toy.measure(root, {"error": {"0": 0.1, "1": 0.7}})
    run(root, "-m", "stages.claims")
    (row,) = read_csv(root / "plots/claims.csv", texts=COLUMNS).to_dict("records")
    assert (row["verdict"], row["value"]) == ("holds in part", "0.7 ± 0")


def test_a_claim_about_what_is_not_measured_yet_is_one_line(root):
    toy.measure(root, {"loss": 0.1})
    message = "plots/toy/tables/measures.csv: has no error.* of line"
    assert refused(run(root, "-m", "stages.claims")) == message
    assert not (root / "plots/claims.csv").exists()


def test_it_has_a_section_of_the_page(root):
    run(root, "-m", "stages.claims")
    done = run(root, "-m", "stages.report")
    assert done.returncode == 0, done.stderr
    text = (root / "plots/report/index.html").read_text(encoding="utf-8")
    assert '<li><a href="#toy">Toy world</a></li>' in text
    assert "Small worlds whose truth is known: toy world." in text
    assert '<th scope="row">error.1</th><td>0.250 ± 0.020</td>' in text
    assert 'data-track="toy"' in text


def test_its_tables_stand_in_the_documents(root):
    docs = ("tools/docs.py",)
    assert "run make repro" in refused(run(root, *docs))  # the claims are not judged yet
    run(root, "-m", "stages.claims")
    assert run(root, *docs).returncode == 0
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert "| The line is exact | error of the line at noise = 1: 0.250 ± 0.020 (< 0.5) |" in readme
    assert run(root, *docs, "--check").returncode == 0

    toy.write(root / "src/jepatlas/toy/reporting/tables.py", toy.TABLES)
    missing = "README.md, docs/: should have one place for the table 'toy errors', have 0"
    assert refused(run(root, *docs, "--check")) == missing
    page = root / "docs/toy.md"
    toy.write(page, "# Toy\n\n<!-- table: toy errors -->\n<!-- end -->\n")
    differ = "docs/toy.md: tables differ from what was measured; run python tools/docs.py"
    assert refused(run(root, *docs, "--check")) == differ
    assert run(root, *docs).returncode == 0
    assert "| `line` | 0.100 ± 0.010 |" in page.read_text(encoding="utf-8")
    assert run(root, *docs, "--check").returncode == 0


def test_a_metric_that_is_not_measured_yet_says_what_to_run(root):
    run(root, "-m", "stages.claims")
    text = toy.TABLES.replace("error.0", "error.2")
    toy.write(root / "src/jepatlas/toy/reporting/tables.py", text)
    said = refused(run(root, "tools/docs.py", "--check"))
    assert said == "plots/toy/tables/measures.csv: has no error.2 of line; run make repro"


def test_a_method_that_is_not_measured_yet_says_what_to_run(root):
    run(root, "-m", "stages.claims")
    toy.write(root / "src/jepatlas/toy/reporting/tables.py", toy.TABLES)
    params = changed("toy.methods.curve", {"family": "prediction", "strength": 1})
    toy.write(root / "params.yaml", yaml.safe_dump(params))
    said = refused(run(root, "tools/docs.py", "--check"))
    assert said == "plots/toy/tables/measures.csv: has nothing of curve; run make repro"
