"""The README's tables are written from metrics/, and nothing is left to fill in."""

import importlib.util
import json
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
        readme.filled(text.replace("<!-- table: mixture scores -->", ""))


def test_the_tables_are_those_of_the_metrics(readme):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.filled(text) == text, "run: python tools/readme.py"


def claim(track, verdict, reason=""):
    return {
        "track": track,
        "claim": f"It {verdict}",
        "measured": "spread of a",
        "value": "0.50 ± 0.01",
        "needed": "> 0.1",
        "verdict": verdict,
        "reason": reason,
    }


def test_claims_stand_by_track_with_the_counts_of_their_verdicts(readme, tmp_path, monkeypatch):
    rows = [
        claim("noisy_tv", "does not hold", "Because."),
        claim("mixture", "holds"),
        claim("mixture", "not tested", "By definition.") | {"measured": "", "value": ""},
    ]
    counts = {"holds": 1, "holds in part": 0, "does not hold": 1, "not tested": 1}
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics" / "claims.json").write_text(
        json.dumps({**counts, "data_set": "digits", "claims": rows}), encoding="utf-8"
    )
    monkeypatch.setattr(readme, "ROOT", tmp_path)
    counted, mixture, television = readme.claims_tables().split("\n\n")
    assert counted == (
        "3 claims: 1 holds, 0 holds in part, 1 does not hold, 1 not tested. "
        "The digits are from `digits`."
    )
    assert mixture.splitlines() == [
        "| Mixture | number | verdict | why |",
        "| --- | --- | --- | --- |",
        "| It holds | spread of a: 0.50 ± 0.01 (> 0.1) | holds |  |",
        "| It not tested |  | not tested | By definition. |",
    ]
    assert television.splitlines()[2:] == [
        "| It does not hold | spread of a: 0.50 ± 0.01 | does not hold | Because. |"
    ]


def test_a_readme_that_differs_from_the_metrics_is_an_error(readme, tmp_path, monkeypatch):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    monkeypatch.setattr(readme, "ROOT", tmp_path)
    monkeypatch.setattr(readme, "filled", lambda text: text)
    readme.main("--check")
    monkeypatch.setattr(readme, "filled", lambda text: text + "new")
    with pytest.raises(SystemExit, match=r"differ from metrics/; run: python tools/readme\.py"):
        readme.main("--check")
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == text


def test_every_linked_file_is_there():
    text = "".join((ROOT / name).read_text("utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    links = {part.split(")")[0] for part in text.split("](")[1:]}
    local = {link for link in links if not link.startswith("http")}
    assert local
    assert not [link for link in local if not (ROOT / link).exists()]
