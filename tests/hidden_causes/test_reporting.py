"""What is said of the hidden causes in claims, tables and on the page, from made-up measures."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from jepatlas.common.reporting import rules
from jepatlas.common.reporting.rules import HOLDS, IN_PART, NOT_TESTED, Evidence, judge
from jepatlas.hidden_causes.reporting.claims import BOUNDED, PAPER, claims
from jepatlas.hidden_causes.reporting.tables import tables
from tests.project import ROOT
from tests.report import metrics

METHODS = ("contrastive_gaussian", "vicreg", "lejepa", "whitening")


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """The parameters, with four of the methods, and a table of measures."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    block = params["hidden_causes"]
    block["methods"] = {name: block["methods"][name] for name in METHODS}
    write(tmp_path, {"hidden_causes": block})
    metrics.hidden_causes(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(root: Path, params) -> None:
    (root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")


def judged():
    found = Evidence({"hidden_causes": METHODS})
    return {claim.id: judge(claim, found) for claim in claims()}


# The claims


@pytest.mark.parametrize(
    ("claim", "place", "mean", "verdict"),
    [
        ("hidden-linear", "lejepa mixings.shear.r2", 0.98, IN_PART),
        ("hidden-rotation", "lejepa mixings.shear.procrustes", 0.02, IN_PART),
        ("hidden-degrees", "lejepa mixings.shear.degree.1", 0.98, IN_PART),
        ("hidden-unique", "eigenfunctions shapes.4.r2", 1.1, IN_PART),
        ("hidden-peak", "lejepa shapes.4.r2", 0.999, IN_PART),
        ("hidden-bound", "vicreg mixings.banana.slack", -0.001, IN_PART),
        ("hidden-bound", "lejepa grid.0_005.0_95.slack", -0.001, IN_PART),
        ("hidden-planning", "lejepa mixings.shear.planning.ratio", 1.2, IN_PART),
        ("hidden-scaling", "whitening dimensions.64.r2", 0.98, IN_PART),
        ("hidden-white", "whitening mixings.shear.r2", 0.98, IN_PART),
        ("hidden-infonce", "contrastive_gaussian mixings.coupling.r2", 0.999, IN_PART),
    ],
)
def test_a_verdict_follows_its_number(tree, claim, place, mean, verdict):
    assert judged()[claim]["verdict"] == HOLDS
    file, (method, measure) = tree / "plots/hidden_causes/tables/measures.csv", place.split()
    metrics.edit(file, method, measure, mean)
    found = pd.read_csv(file)
    found.loc[found["measure"] == measure, ["min", "max"]] = mean
    found.to_csv(file, index=False)
    assert judged()[claim]["verdict"] == verdict


def test_what_a_method_is_not_trained_in_is_not_tested(tree):
    params = yaml.safe_load((tree / "params.yaml").read_text(encoding="utf-8"))
    params["hidden_causes"]["methods"]["vicreg"]["suites"] = ["shapes"]
    write(tree, params)
    file = tree / "plots/hidden_causes/tables/measures.csv"
    found = pd.read_csv(file)
    behind = found["measure"].str.startswith("mixings.")
    found[~(behind & (found["method"] == "vicreg"))].to_csv(file, index=False)
    rows = judged()
    assert rows["hidden-bound"]["verdict"] == NOT_TESTED
    reason = rows["hidden-bound"]["reason"]
    assert reason.endswith("of vicreg; vicreg is not trained in the worlds mixings.")
    assert rows["hidden-planning"]["verdict"] == HOLDS  # of others


def test_one_seed_decides_what_is_said_of_all(tree):
    file = tree / "plots/hidden_causes/tables/measures.csv"
    found = pd.read_csv(file)
    chosen = (found["method"] == "lejepa") & (found["measure"] == "grid.0_005.0_95.slack")
    found.loc[chosen, "min"] = -0.25
    found.to_csv(file, index=False)
    row = judged()["hidden-bound"]
    assert row["measured"] == "lowest slack of the bound at trade-off 0.005, rho = 0.95 of lejepa"
    assert (row["value"], row["needed"], row["verdict"]) == ("-0.25 ± 0", "> 0", IN_PART)
    assert f"({len(BOUNDED) + 2} of {len(BOUNDED) + 3} conditions are met)" in row["reason"]


def test_nothing_is_said_of_shapes_where_there_is_one(tree):
    params = yaml.safe_load((tree / "params.yaml").read_text(encoding="utf-8"))
    params["hidden_causes"]["worlds"]["shapes"]["alphas"] = [2]
    write(tree, params)
    rows = judged()
    untested = {name for name, row in rows.items() if row["verdict"] == NOT_TESTED}
    assert untested == {"hidden-unique", "hidden-peak"}


def test_they_are_told_apart_from_the_documents(tree):
    rows = [*judged().values(), {"source": "", "address": ""}]
    found = rules.by_source(rows)
    assert {source.name: len(own) for source, own in found.items()} == {PAPER.name: 11, "": 1}


# The tables


def rows(table: str) -> dict[str, list[str]]:
    """The cells of each row by its first one; the heading's is there too."""
    lines = [[cell.strip() for cell in line[1:-1].split("|")] for line in table.splitlines()]
    return {line[0]: line[1:] for line in lines if not set(line[0]) <= {"-"}}


def test_who_has_a_world_has_a_row_in_its_table(tree):
    file = tree / "plots/hidden_causes/tables/measures.csv"
    metrics.edit(file, "vicreg", "mixings.shear.slack", 0.004)
    found = pd.read_csv(file)
    chosen = found["measure"] == "mixings.shear.slack"
    found.loc[chosen & (found["method"] == "vicreg"), "min"] = 0.004
    found.loc[found["measure"] == "dimensions.64.r2", "min"] = 0.9
    found.to_csv(file, index=False)
    by_name = {name: rows(table) for name, table in tables().items()}
    mixings = by_name["hidden causes mixings"]
    assert mixings["mixing"] == ["spiral", "banana", "shear", "coupling", "arm"]
    assert mixings["`lejepa`"] == ["0.995"] * 4 + [""]
    assert mixings["`whitening`"][-1] == "0.980"
    assert list(mixings)[1:] == [f"`{name}`" for name in METHODS] + ["least squares from x"]
    shapes = by_name["hidden causes shapes"]
    assert list(shapes)[2:] == [
        f"predicted: best {kind} outputs" for kind in ("whitened", "Gaussian")
    ]
    assert shapes["`lejepa`"][0] == "0.690"
    sizes = by_name["hidden causes dimensions"]
    assert sizes["latents"] == ["2", "4", "8", "16", "32", "64", "128", "256"]
    assert sizes["`whitening`"] == ["0.995", *[""] * 4, "0.995 ± 0.001 (0.900)", "", ""]
    bound = by_name["hidden causes bound"]
    assert bound["`vicreg`"][0] == "shear"  # where it comes nearest
    assert bound["`vicreg`"][-1] == "0.004"
    planning = by_name["hidden causes planning"]
    assert planning["x"] == ["1.500, 100 %"] * 4
    assert planning["`lejepa`"] == ["1.010, 100 %"] * 4
