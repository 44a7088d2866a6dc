"""What `dvc plots` shows after `make plots`, in a browser: every chart, without a network."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from tests import project

CHARTS = {
    name: chart
    for entry in yaml.safe_load((project.ROOT / "dvc.yaml").read_text(encoding="utf-8"))["plots"]
    if isinstance(entry, dict)
    for name, chart in entry.items()
}
TABLES = {name: next(iter(chart["y"])) for name, chart in CHARTS.items()}
TRACKS = ("mixture", "noisy_tv", "images", "hidden_causes")
PICTURES = [f"plots/{track}/pictures/one.png" for track in TRACKS]
LINES = "#mixture_training .mark-line.role-mark path"
REVISIONS = ("HEAD~1", "HEAD")
BOXES = """() => Object.fromEntries(
    [...document.querySelectorAll(".vega-embed")].map((chart) => [chart.id, {
      text: [...chart.querySelectorAll("text")].map((one) => one.textContent),
      marks: [...chart.querySelectorAll(".mark-line.role-mark path, .mark-rect.role-mark path")]
        .filter((mark) => Math.max(mark.getBBox().width, mark.getBBox().height) > 1).length,
    }]))"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The committed tables and a picture of each track, and before them a commit with losses ten
    times as large."""
    root = tmp_path_factory.mktemp("plots")
    shutil.copytree(project.ROOT / ".dvc/plots", root / ".dvc/plots")
    for name in {".dvc/config", "dvc.yaml", "params.yaml", *TABLES.values()}:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project.ROOT / name, root / name)
    for name in PICTURES:
        (root / name).parent.mkdir(parents=True)
        Image.new("RGB", (900, 40), "#0072B2").save(root / name)
    (root / ".gitignore").write_text(".dvc/tmp\n.dvc/config.local\nshow\ndiff\n")
    table = root / TABLES["mixture_training"]
    now = table.read_text(encoding="utf-8")
    head, *rows = csv.reader(now.splitlines())
    for row in rows:
        row[head.index("loss")] = str(10 * float(row[head.index("loss")]))
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    project.run(root, "git", "init", "--quiet")
    project.commit(root, "Before")
    table.write_text(now, encoding="utf-8")
    project.commit(root, "Now")
    project.run(root, "python", str(project.ROOT / "tools/plots.py"))
    project.run(root, "dvc", "plots", "show", "--out", "show")
    project.run(root, "dvc", "plots", "diff", *REVISIONS, "--out", "diff")
    return root


@pytest.fixture(scope="module", params=["show", "diff"])
def drawn(request: pytest.FixtureRequest, root: Path, browser: Any) -> Iterator[Any]:
    """A page of DVC in a tab that says and asks nothing."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    tab = context.new_page()
    said, asked = [], []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto((root / request.param / "index.html").as_uri())
    count = f"document.querySelectorAll('svg.marks').length === {len(CHARTS)}"
    tab.wait_for_function(count, timeout=120_000)
    yield request.param, tab
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    context.close()


def methods(name: str) -> set[str]:
    """Whose lines or squares the chart has, by its table."""
    with (project.ROOT / TABLES[name]).open(encoding="utf-8") as file:
        return {row.get("method") or row["model"] for row in csv.DictReader(file)}


def test_every_chart_is_drawn_with_its_title_and_all_methods(drawn):
    which, tab = drawn
    found = tab.evaluate(BOXES)
    assert found.keys() == CHARTS.keys()
    for name, chart in found.items():
        assert CHARTS[name]["title"] in chart["text"]
        assert methods(name) <= set(chart["text"]), name  # in the legend or above a panel
        assert chart["marks"] >= len(methods(name)), name
        shown = [one for one in chart["text"] if one in REVISIONS]
        assert set(shown) == (set(REVISIONS) if which == "diff" else set()), name


def test_every_picture_is_there_beside_its_other_version(drawn):
    which, tab = drawn
    widths = tab.evaluate("[...document.images].map((one) => [one.naturalWidth, one.width])")
    assert [natural for natural, _ in widths] == [900] * len(PICTURES) * (1 + (which == "diff"))
    right = tab.evaluate("[...document.images].map((one) => one.getBoundingClientRect().right)")
    assert max(right) < 1400


def test_both_versions_differ_where_their_tables_do(drawn):
    which, tab = drawn
    paths = tab.evaluate(
        f"[...document.querySelectorAll('{LINES}')].map((one) => one.getAttribute('d'))"
    )
    assert len(paths) == len(methods("mixture_training")) * (1 + (which == "diff"))
    assert len(paths) == len(set(paths))
