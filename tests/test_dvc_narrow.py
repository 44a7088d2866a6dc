"""`dvc exp show --only-changed` has all that one changed parameter changes in 120 columns."""

import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from dvc import utils
from dvc.commands.experiments import show
from dvc.compare import TabularData
from dvc.ui import table, ui
from rich.console import Console

from jepatlas_dvc_narrow import narrow
from tests import project

PARAMS: dict[str, Any] = yaml.safe_load((project.ROOT / "params.yaml").read_text("utf-8"))
RECIPES = [
    (track, name, recipe)
    for track, block in PARAMS.items()
    if isinstance(block, dict)
    for name, method in block["methods"].items()
    for recipe in [key for key in ("as_published", "default") if key in method] or [""]
]
NUMBER = "0.123456"
CLAIMS = {"claims.holds": "27", "claims.does not hold": "8"}  # a verdict becomes another


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Console:
    """Of 120 columns."""
    for module, name in ((table, "rich_table"), (utils.table, "Table"), (show, "show_experiments")):
        monkeypatch.setattr(module, name, getattr(module, name))  # put back after the test
    console = Console(width=120, file=io.StringIO())
    monkeypatch.setitem(ui.__dict__, "rich_console", console)
    monkeypatch.setattr(ui, "_enabled", True)
    return console


@pytest.mark.parametrize(("track", "method", "recipe"), RECIPES)
def test_a_changed_parameter_and_all_that_it_changes_are_shown(
    track: str, method: str, recipe: str, terminal: Console
) -> None:
    narrow()
    changed, key = metrics(track, method, recipe), parameter(track, method, recipe)
    said = shown(terminal, changed | CLAIMS, key)
    assert "…" not in said
    assert max(map(len, said.splitlines())) <= 120
    assert words(said) >= words(" ".join([*changed, key]))
    assert said.count(NUMBER) == 2 * len(changed)


def test_dvcs_own_table_leaves_out_the_most(terminal: Console) -> None:
    which = ("mixture", "contrastive", "default")
    assert "…" in shown(terminal, metrics(*which) | CLAIMS, parameter(*which))


def words(text: str) -> set[str]:
    return {*re.findall(r"[a-z0-9]+", text)}


def shown(terminal: Console, metrics: dict[str, str], parameter: str) -> str:
    """What `dvc exp show --only-changed` says of a commit and an experiment that differ in these,
    and in the hash of a file."""
    names = {"metrics": [*metrics], "params": [parameter], "deps": ["data/mixture/trained"]}
    columns = ["Experiment", "rev", "typ", "parent", "Created", "State", "Executor"]
    data = TabularData([*columns, *(name for kind in names.values() for name in kind)])
    data.append(["main", "", "baseline", "", "Nov 26, 2026", "-", "-", *metrics.values(), "1", "0"])
    changed = [f"-{number}" for number in metrics.values()]
    known = ["arced-plop", "1ee7f78", "branch_base", "", "11:03 AM", "-", "-"]
    data.append([*known, *changed, "0.001234", "1"])
    show.show_experiments(data, names, pager=False, only_changed=True)
    assert isinstance(terminal.file, io.StringIO)
    return terminal.file.getvalue()


def metrics(track: str, method: str, recipe: str) -> dict[str, str]:
    """A number for each of a method's headlines that a recipe makes."""
    files = (project.ROOT / "metrics" / track).rglob(f"{method}.json")
    names = [name for file in files for name in leaves(json.loads(file.read_text("utf-8")), "")]
    published = recipe == "as_published"
    return {name: NUMBER for name in names if (".as_published." in name) == published}


def parameter(track: str, method: str, recipe: str) -> str:
    """That of a recipe with the longest word in its key."""
    block, key = PARAMS[track]["methods"][method], f"{track}.methods.{method}."
    keys = leaves(block[recipe], f"{key}{recipe}.") if recipe else leaves(block, key)
    return max(keys, key=lambda key: max(map(len, key.split("."))))


def leaves(content: dict[str, Any], before: str) -> Iterator[str]:
    for name, value in content.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{before}{name}.")
        else:
            yield f"{before}{name}"
