"""The documents' tables are those of what was measured, each in one place; links lead somewhere."""

import importlib.util
import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
import yaml

from jepatlas.common.base import tracks
from jepatlas.common.base.parameters import InputError
from jepatlas.common.learning.draws import Draws
from jepatlas.common.measuring.measures import Measure
from jepatlas.common.reporting.tables import interval, markdown, scatter
from jepatlas.report import document
from jepatlas.report.tables import claims

ROOT = Path(__file__).resolve().parents[1]
README, WORLD = Path("README.md"), Path("docs/world.md")
PLACE = "<!-- table: {} -->\nold\n<!-- end -->\n"
NAN = float("nan")
MINUS = "\N{MINUS SIGN}"


@pytest.fixture
def docs():
    spec = importlib.util.spec_from_file_location("docs", ROOT / "tools" / "docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# What stands in a cell


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (Measure(0.12345, 0.0012, 0.1, 0.2), "0.123 ± 0.001"),
        (Measure(3e-6, 4e-7, 2e-6, 4e-6), "3.0e-06 ± 4.0e-07"),
        (Measure(0.0, 0.0, 0.0, 0.0), "0.000 ± 0.000"),
        (Measure(0.12345, NAN, 0.1, 0.2), "0.123"),  # one seed: no interval
        (Measure(NAN, NAN, NAN, NAN), "undefined"),
    ],
)
def test_numbers_are_readable(measure, expected):
    assert interval(measure) == expected


def test_digits_and_extremes():
    found = Measure(0.98765, 0.00123, 0.912, 1.0)
    assert interval(found, digits=4) == "0.9877 ± 0.0012"
    assert scatter(found) == "0.99 (0.91 to 1.00)"
    assert scatter(Measure(NAN, NAN, NAN, NAN)) == "undefined"


def test_nothing_in_a_cell_ends_it():
    rows = markdown(["a", "b"], [["|x|", "two\nlines"]]).splitlines()
    assert rows == ["| a | b |", "| --- | --- |", r"| \|x\| | two lines |"]


# The claims


def claim(track, verdict, reason=""):
    return {
        "track": track,
        "claim": f"It {verdict}",
        "measured": "spread of a",
        "value": "0.50 ± 0.01",
        "needed": "> 0.1",
        "recipe": "default",
        "verdict": verdict,
        "reason": reason,
    }


def test_claims_stand_by_track_with_the_counts_of_their_verdicts():
    last, first = tracks.names()[:2]  # in the order of the rows
    rows = [
        claim(first, "does not hold", "Because."),
        claim(last, "holds"),
        claim(last, "not tested", "By definition.") | {"measured": "", "value": "", "recipe": ""},
        claim(last, "undecided") | {"source": "A paper", "address": "https://a.paper"},
    ]
    what, counted, one, other = claims(rows, {last: "digits"}).split("\n\n")
    assert document.TITLE in what
    assert all(address in what for address in document.SOURCES.values())
    assert counted == (
        "3 claims of the document: 1 holds, 0 holds in part, 0 undecided, 1 does not hold, "
        "1 not tested. 1 claims of [A paper](https://a.paper): 0 holds, 0 holds in part, "
        "1 undecided, 0 does not hold, 0 not tested. "
        f"{tracks.title(last)}: the data set is `digits`."
    )
    assert one.splitlines() == [
        f"| {tracks.title(first)} | number | recipe | verdict | why |",
        "| --- | --- | --- | --- | --- |",
        "| It does not hold | spread of a: 0.50 ± 0.01 | default | does not hold | Because. |",
    ]
    assert other.splitlines()[2:] == [
        "| It holds | spread of a: 0.50 ± 0.01 (> 0.1) | default | holds |  |",
        "| It not tested |  |  | not tested | By definition. |",
        "| It undecided | spread of a: 0.50 ± 0.01 | default | undecided |  |",
    ]


# Places


def test_a_table_is_put_into_its_place(docs):
    texts = {README: "above\n" + PLACE.format("one") + "below\n", WORLD: PLACE.format("a two")}
    found = docs.filled(texts, {"one": "| 1 |", "a two": r"| \1 |"})
    assert found == {
        README: "above\n<!-- table: one -->\n\n| 1 |\n\n<!-- end -->\nbelow\n",
        WORLD: "<!-- table: a two -->\n\n| \\1 |\n\n<!-- end -->\n",
    }
    assert docs.filled(found, {"one": "| 1 |", "a two": r"| \1 |"}) == found


@pytest.mark.parametrize(
    ("readme", "world", "message"),
    [
        ("", "", "README.md, docs/: should have one place for the table 'one', have 0"),
        ("one", "one", "for the table 'one', have 2 (README.md, docs/world.md)"),
        ("one", "two", "docs/world.md: has a place for the table 'two', which no track offers"),
    ],
)
def test_each_table_has_one_place(docs, readme, world, message):
    pairs = ((README, readme), (WORLD, world))
    texts = {file: PLACE.format(name) if name else "" for file, name in pairs}
    with pytest.raises(InputError) as refusal:
        docs.filled(texts, {"one": "| 1 |"})
    assert message in str(refusal.value)


def test_a_place_without_an_end_swallows_no_other(docs):
    text = "<!-- table: one -->\n" + PLACE.format("two")
    with pytest.raises(InputError, match="should have one place for the table 'one', have 0"):
        docs.filled({README: text}, {"one": "| 1 |", "two": "| 2 |"})


@pytest.fixture
def project(docs, tmp_path, monkeypatch):
    """A folder with two documents, and the tables of both."""
    (tmp_path / "docs").mkdir()
    (tmp_path / README).write_text(PLACE.format("one"), encoding="utf-8")
    (tmp_path / WORLD).write_text(PLACE.format("two"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(docs, "tables", lambda: {"one": "| 1 |", "two": "| 2 |"})
    return tmp_path


def test_what_differs_is_named_and_not_touched(docs, project):
    before = (project / README).read_bytes()
    with pytest.raises(
        InputError, match=r"README\.md, docs/world\.md: tables differ .* run python"
    ):
        docs.main("--check")
    assert (project / README).read_bytes() == before
    docs.main()
    assert "| 1 |" in (project / README).read_text(encoding="utf-8")
    docs.main("--check")
    (project / WORLD).write_text(PLACE.format("two"), encoding="utf-8")
    with pytest.raises(InputError, match=r"^docs/world\.md: tables differ"):
        docs.main("--check")


def test_what_is_not_measured_yet_says_what_to_run(docs, project, monkeypatch):
    def missing():
        raise InputError("plots/a/tables/measures.csv: has no error of b")

    monkeypatch.setattr(docs, "tables", missing)
    with pytest.raises(InputError, match=r"has no error of b; run make repro$"):
        docs.main("--check")


def test_an_unknown_option_is_refused(docs, project):
    with pytest.raises(InputError, match="usage"):
        docs.main("--chek")


# The real ones


def test_every_table_has_its_place_and_is_that_of_the_measures(docs, monkeypatch):
    monkeypatch.chdir(ROOT)
    try:
        found = docs.tables()
    except InputError as error:
        pytest.skip(f"{error}: nothing to compare with yet")
    texts = docs.documents()
    assert docs.filled(texts, found) == texts, "run: python tools/docs.py"


def test_the_readmes_own_numbers_are_those_of_the_results():
    said = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    sources = pd.read_csv(ROOT / "plots/claims.csv")["source"]
    (of_paper,) = sources.value_counts()
    assert (
        f"makes {sources.isna().sum()} claims, and a paper on hidden causes {of_paper} mo" in said
    )
    found = [
        json.loads(file.read_text(encoding="utf-8"))[file.stem]["knn_accuracy"]
        for file in (ROOT / "metrics/images").glob("*.json")
    ]
    near = sum(round(100 * accuracy) == 99 for accuracy in found)
    assert (near, len(found)) == (5, 6)
    assert "five of six objectives" in said
    assert "place about 99 in 100 beside" in said


# What is said in words


EMBEDDING, DECODING = ["jepa", "vjepa", "bjepa"], ["ar", "pred_vae", "gated_ae"]


def noisy_tv(table: str, index: str, **only: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Means over seeds, and the least, of one of the committed tables, a column for each model."""
    rows = pd.read_csv(ROOT / f"plots/noisy_tv/tables/{table}.csv")
    for name, chosen in only.items():
        rows = rows[rows[name] == chosen]
    wide = rows.pivot(index=index, columns="model", values=["mean", "min"])
    return wide["mean"], wide["min"]


def said_in(file: str) -> str:
    return " ".join((ROOT / file).read_text(encoding="utf-8").split())


def test_where_one_frame_does_not_show_the_state_as_the_readme_says():
    mean, _ = noisy_tv("partially_observed", "system", measure="r2", scale=8)
    share, _ = noisy_tv("partially_observed", "system", measure="r2_of_limit", scale=8)
    assert share[EMBEDDING].min(axis=None) > 0.98
    decoding = mean[DECODING].round(2)
    low, high = decoding.min(axis=None), decoding.max(axis=None)
    noisy, few = mean.kalman[["noisy_sensors", "few_sensors"]]
    said = said_in("README.md")
    assert "come within 2 % of it where sensors are noisy or few" in said
    assert f"have an R² of {low:.2f} to {high:.2f}, the filter {noisy:.2f} and {few:.2f}." in said


def test_many_steps_ahead_all_that_predict_stay_with_the_filter():
    mean, _ = noisy_tv("rollout", "horizon", recipe="default", scale=8)
    assert mean.index.max() == 20
    short = mean[EMBEDDING + DECODING].rsub(mean.kalman, axis=0)
    assert short.max(axis=None) < 0.005


def test_predictive_embeddings_lose_the_signal_where_the_document_says():
    """They keep it up to a memory of 0.98, and hold out longer than CCA of one step."""
    mean, least = noisy_tv("failure", "memory", recipe="default", measure="r2")
    kept, before = mean.index <= 0.98, mean.index <= 0.99
    for model in EMBEDDING:
        assert (mean[model] > mean.kalman - 0.001)[kept].all()
        assert (least[model] > least.kalman - 0.001)[kept].all()
        assert (mean[model] > mean.cca - 0.001)[before].all()
        assert (mean[model] < 0.2)[mean.index > 0.99].all()
    said = said_in("docs/noisy_tv.md")
    average, worst = mean.loc[0.98, "cca"], least.loc[0.98, "cca"]
    assert f"CCA on average {average:.3f} there, {worst:.3f} at the worst seed" in said
    for model in EMBEDDING:
        average, worst = mean.loc[0.985, model], least.loc[0.985, model]
        assert f"one of them down to {worst:.3f}, and the mean is {average:.3f} (CCA" in said
    average, worst = mean.loc[0.985, "cca"], least.loc[0.985, "cca"]
    assert f"(CCA: {average:.3f}, at the worst seed {worst:.3f})" in said


def test_the_zero_shot_table_is_that_of_the_experts():
    found = pd.read_csv(ROOT / "plots/noisy_tv/tables/transfer.csv")
    columns = [f"{kind}{part}" for kind in ("error", "nll") for part in ("_before", "", "_exact")]
    text = (ROOT / "docs/noisy_tv.md").read_text(encoding="utf-8")
    for expert, rows in found.groupby("expert"):
        means = [rows.loc[rows["measure"] == column, "mean"] for column in columns]
        numbers = " | ".join(span(of_scales) for of_scales in means)
        (said,) = re.findall(
            rf"^\| {expert}: .* \| ((?:[^|]+\| ){{5}}[^|]+) \|$", text, re.MULTILINE
        )
        assert said == numbers, expert


def span(numbers: pd.Series) -> str:
    least, most = (f"{number:.3f}".replace("-", MINUS) for number in (numbers.min(), numbers.max()))
    return least if least == most else f"{least} to {most}"


def test_the_trainings_from_several_seeds_are_those_of_the_committed_code():
    """Of the committed seed, what the sweep has measured is what the pipeline has."""
    seed = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))["seed"]
    swept = pd.read_csv(ROOT / "sweeps/results/mnist_seeds/table.csv")
    swept = swept[swept["seed"] == seed].set_index(["method", "measure"])
    own = pd.read_csv(ROOT / "plots/images/tables/measures.csv").set_index(["method", "measure"])
    both = swept.index.intersection(own.index)
    assert {method for method, _ in both} == {"jepa"}
    assert len(both) == len(swept) > 10
    numbers = ["mean", "ci95", "min", "max"]
    pd.testing.assert_frame_equal(
        swept.loc[both, numbers], own.loc[both, numbers], check_exact=True
    )


def blocks(file: str) -> list[str]:
    """The Python that a document shows."""
    text = (ROOT / file).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)


def test_the_librarys_ten_lines_draw_a_landscape(tmp_path, monkeypatch):
    (block,) = blocks("docs/python.md")
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    exec(block, found)
    assert (tmp_path / "landscape.png").stat().st_size > 0
    # A point of the one cluster fits the other worse than its own.
    x, reference = torch.tensor([[[-3.0, 0.0], [3.0, 2.0]]]), torch.tensor([[[-3.0, 0.5]]])
    with torch.no_grad():
        z, star = (found["method"].embed(found["networks"], each)[0] for each in (x, reference))
    near, far = torch.cosine_similarity(z, star, dim=-1)
    assert near > far + 0.2


def test_the_method_that_the_readme_adds_is_a_method():
    (block,) = blocks("README.md")
    found: dict[str, Any] = {"__name__": "mine"}
    exec(block, found)
    method = found["Method"].model_construct(strength=2.0, noise=0.1, widths=(8, 4))
    points = torch.randn(3, 50, 2, generator=torch.Generator().manual_seed(0))
    draws = Draws(0, range(3), "test")
    networks = method.networks(points, draws)
    assert method.loss(networks, points, draws).shape == (3,)


def test_the_readme_is_short():
    words = (ROOT / "README.md").read_text(encoding="utf-8").split()
    assert len(words) <= 1300


def test_dvc_is_told_of_few_metrics_so_that_people_read_them():
    """A handful of a method by each recipe, and 150 of the project's own 40 methods."""
    told, methods = 0, set()
    for file in (ROOT / "metrics").rglob("*.json"):
        names = pd.json_normalize(json.loads(file.read_text())).columns
        assert max(Counter("as_published" in name for name in names).values()) <= 5
        told += len(names)
        methods.add((file.relative_to(ROOT / "metrics").parts[0], file.stem))
    methods.remove(("claims.json", "claims"))
    assert told <= 150 + 5 * max(len(methods) - 40, 0)


def test_the_pipeline_reads_as_a_table_of_contents():
    """300 lines for three tracks."""
    pipeline = (ROOT / "dvc.yaml").read_text(encoding="utf-8").splitlines()
    assert len(pipeline) <= 100 * len(tracks.names())
    assert max(map(len, pipeline)) <= 150


def test_every_linked_file_is_there():
    links = set()
    for file in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("data/supplied/*.md")]:
        text = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        links |= {(file.parent, link) for link in re.findall(r"\]\(([^)\s]+)\)", text)}
    elsewhere = re.compile(r"[a-z]+:|#|\.\./\.\./actions/")  # the last: of GitHub, beside the files
    local = {(folder, link) for folder, link in links if not elsewhere.match(link)}
    assert local
    missing = [link for folder, link in local if not (folder / link.partition("#")[0]).exists()]
    assert missing == []
