"""The README's tables are written from metrics/, and nothing is left to fill in."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def readme():
    spec = importlib.util.spec_from_file_location("readme", ROOT / "tools" / "readme.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_small_numbers_are_readable(readme):
    found = {"a": {"b": {"mean": 0.12345, "ci95": 0.0012}, "c": {"mean": 3e-6, "ci95": 4e-7}}}
    assert readme.interval(found, "a.b") == "0.123 ± 0.001"
    assert readme.interval(found, "a.c") == "3.0e-06 ± 4.0e-07"


def test_a_collapse_is_dated(readme):
    step = {"mean": 31.5, "ci95": 5.2}
    assert readme.step({"collapse": {"members_collapsed": 8, "step": step}}) == "32 ± 5"
    assert readme.step({"collapse": {"members_collapsed": 0, "step": step}}) == "never"
    some = {"mean": None, "ci95": None}
    assert readme.step({"collapse": {"members_collapsed": 3, "step": some}}) == "3 members"


def test_every_table_has_its_place(readme):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    filled = readme.filled(text)
    assert filled.count("<!-- table:") == len(readme.tables())
    with pytest.raises(SystemExit, match="0 places for the table"):
        readme.filled(text.replace("<!-- table: mog scores -->", ""))


def test_every_linked_file_is_there():
    text = "".join((ROOT / name).read_text("utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    links = {part.split(")")[0] for part in text.split("](")[1:]}
    local = {link for link in links if not link.startswith("http")}
    assert local
    assert not [link for link in local if not (ROOT / link).exists()]
