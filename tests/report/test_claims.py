"""The table of claims, against the committed metrics and made-up ones of the digits."""

import json
import re
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
import yaml

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import InputError
from jepatlas.common.reporting import rules
from jepatlas.common.reporting.rules import FAILS, HOLDS, IN_PART, NOT_TESTED, VERDICTS, Measure
from jepatlas.report.claims import document
from jepatlas.report.claims.settings import Settings
from stages import claims as script
from tests.report import metrics

ROOT = Path(__file__).parents[2]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
MIXTURE = PARAMS["mixture"]["mixtures"]["document"]
METHODS = {
    "mixture": list(PARAMS["mixture"]["methods"]),
    "noisy_tv": list(PARAMS["noisy_tv"]["methods"]),
    "images": ["jepa"],
}
SETTINGS = Settings(
    collapsed=0.01,
    weights=MIXTURE["weights"],
    means=MIXTURE["means"],
    scales=PARAMS["noisy_tv"]["sweep"]["scales"],
)
CLAIMS = document(SETTINGS)
CONDITIONS = [condition for claim in CLAIMS for condition in claim.conditions]


def ids(claims):
    return [claim.id for claim in claims]


@pytest.fixture
def tree(tmp_path):
    """The committed metrics of mixture and noisy TV, with made-up ones of the digits."""
    for track in ("mixture", "noisy_tv"):
        shutil.copytree(ROOT / "metrics" / track, tmp_path / "metrics" / track)
    metrics.write(tmp_path / "metrics", metrics.digits())
    return tmp_path


def judged(tree, methods=METHODS, settings=SETTINGS, data_set="mnist"):
    found = rules.Metrics(tree / "metrics", methods, data_set)
    report = rules.report(document(settings), found)
    return {row["id"]: row for row in report["claims"]}


def edit(tree, file, key, mean, ci95=0.001):
    """Another number at a dotted key of one of the metrics' files."""
    path = tree / "metrics" / f"{file}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    *parents, last = key.split(".")
    place = content
    for part in parents:
        place = place[part]
    place[last] |= {"mean": mean, "ci95": ci95}
    path.write_text(json.dumps(content), encoding="utf-8")


# The table itself


def test_there_are_enough_claims_with_ids_of_their_own():
    assert len(CLAIMS) >= 35
    assert len(set(ids(CLAIMS))) == len(CLAIMS)
    assert len({claim.claim for claim in CLAIMS}) == len(CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS, ids=ids(CLAIMS))
def test_a_claim_is_whole(claim):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", claim.id)
    assert claim.track in ("mixture", "digits", "noisy_tv", "all")
    assert claim.section
    assert claim.claim[0].isupper()
    assert not claim.claim.endswith(".")
    assert bool(claim.conditions) != bool(claim.untested)
    assert "|" not in claim.claim  # it becomes a cell of a Markdown table


def test_every_row_of_the_summary_table_is_there():
    table = " ".join(claim.claim for claim in CLAIMS if "ummary table" in claim.section)
    for row in ("Contrastive JEA", "DSM", "Pairwise JEPA", "Masked JEPA", "JEPA + EMA"):
        assert row in table
    for column in ("contrast", "score", "ampling", "global", "masked"):
        assert column in table


def test_bounds_say_why_and_measures_what():
    for condition in CONDITIONS:
        right = condition.right
        assert condition.left.words
        assert right.words if isinstance(right, Measure) else right.why
        assert "{method}" not in str(condition)
        assert not condition.because.endswith(".")


def test_a_bound_is_never_compared_with_a_number_without_an_interval(tree):
    found = rules.Metrics(tree / "metrics", METHODS, "mnist")
    checks = chain.from_iterable(rules.check(condition, found) for condition in CONDITIONS)
    for one in checks:
        key = one.condition.left.key.split(".")
        place = found.files[one.condition.left.file]
        for part in key:
            place = place[part]
        assert place["ci95"] is not None


def test_every_metric_is_among_the_committed_ones():
    """Of mixture and noisy TV, so that a typing error does not wait for a run."""
    found = rules.Metrics(ROOT / "metrics", METHODS, "mnist")
    looked_at = 0
    for condition in CONDITIONS:
        if not condition.left.file.startswith("images/"):
            looked_at += len(rules.check(condition, found))
    assert looked_at > 100


def test_bounds_follow_the_mixture_and_the_threshold_of_collapse():
    other = Settings(0.02, [0.1, 0.9], [[0, 0], [3, 4]], [1, 5])
    bounds = {str(condition) for claim in document(other) for condition in claim.conditions}
    assert "spread of jepa > 0.02" in bounds
    assert "roughness of jepa < 0.2" in bounds  # 1 / 5
    assert "weight error of unadjusted chains of dsm < 0.02" in bounds  # 0.1 / 5
    assert any("σ = 5" in bound and "σ = 1 " in bound for bound in bounds)


# Verdicts


def test_all_four_verdicts_are_given(tree):
    rows = judged(tree)
    assert {row["verdict"] for row in rows.values()} == set(VERDICTS)
    for row in rows.values():
        assert (row["reason"] == "") == (row["verdict"] == HOLDS)
        assert (row["value"] == "") == (row["verdict"] == NOT_TESTED)
        assert bool(row["test"]) == (row["verdict"] != NOT_TESTED)
        assert row["verdict"] == NOT_TESTED or row["value"] in row["reason"] or not row["reason"]
        assert not set("|\n{}") & set("".join(row.values()))


@pytest.mark.parametrize(
    ("claim", "file", "key", "mean", "verdicts"),
    [
        (
            "contrastive-separated",
            "mixture/contrastive",
            "clusters.silhouette",
            0.3,
            (HOLDS, FAILS),
        ),
        ("contrastive-batches", "mixture/contrastive", "clusters.silhouette", 0.3, (FAILS, HOLDS)),
        ("dsm-score", "mixture/dsm", "score.fisher_error", 0.4, (HOLDS, FAILS)),
        ("ema-avoids-collapse", "mixture/jepa_ema", "collapse.spread", 1e-6, (HOLDS, FAILS)),
        ("jepa-no-contrast", "mixture/jepa_ema", "collapse.spread", 0.001, (IN_PART, IN_PART)),
        ("table-score-ema", "mixture/jepa_ema", "landscape.score_explained", 0.98, (HOLDS, FAILS)),
        ("table-sampling", "mixture/jepa_ema", "landscape.score_explained", 0.98, (HOLDS, IN_PART)),
        ("masked-conditional", "mixture/jepa_masked", "masked.of_exact", 0.5, (HOLDS, FAILS)),
        ("masked-dependencies", "mixture/jepa_masked", "masked.r2.x1", 0.5, (HOLDS, IN_PART)),
        ("digits-knn-f1", "images/embedding/jepa", "knn.f1", 0.97, (HOLDS, FAILS)),
        ("digits-robust", "images/embedding/jepa", "knn_perturbed.all", 0.6, (HOLDS, IN_PART)),
        ("tv-generative-cause", "noisy_tv/default", "ar.r2_of_limit.10", 0.1, (FAILS, IN_PART)),
        ("tv-constraints", "noisy_tv/default", "bjepa.goal.error", 0.2, (HOLDS, IN_PART)),
    ],
)
def test_a_verdict_follows_its_number(tree, claim, file, key, mean, verdicts):
    before = judged(tree)[claim]["verdict"]
    edit(tree, file, key, mean, ci95=mean / 100)
    assert (before, judged(tree)[claim]["verdict"]) == verdicts


def test_nothing_is_decided_when_the_intervals_have_no_bounds(tree):
    for path in (tree / "metrics").rglob("*.json"):
        text = re.sub(r'"ci95": [^,}\n]+', '"ci95": 1e9', path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
    assert {row["verdict"] for row in judged(tree).values()} == {IN_PART, NOT_TESTED}


@pytest.mark.parametrize(("mse", "expected"), [(0.041, HOLDS), (0.06, IN_PART), (0.3, FAILS)])
def test_reconstruction_is_held_against_all_its_references(tree, mse, expected):
    metrics.write(tree / "metrics", metrics.digits(reconstruction={"mse": mse}))
    row = judged(tree)["digits-reconstruction"]
    assert row["verdict"] == expected
    assert "mean image of the true class" in row["test"]


def test_the_perturbation_that_is_worst_is_named(tree):
    edit(tree, "images/embedding/jepa", "knn_perturbed.erosion", 0.5)
    row = judged(tree)["digits-robust"]
    assert row["measured"] == "k-NN accuracy at perturbation = erosion"


def test_numbers_of_mnist_are_not_asked_of_other_digits(tree):
    metrics.write(tree / "metrics", metrics.digits(embedding={"data_set": "digits"}))
    rows = judged(tree, data_set="digits")
    untested = {name for name, row in rows.items() if "about mnist" in row["reason"]}
    scores = {f"digits-knn-{key}" for key in ("accuracy", "precision", "recall", "f1")}
    assert untested == scores | {"digits-representations"}


def test_claims_about_a_method_that_was_dropped_are_not_tested(tree):
    kept = METHODS | {"mixture": [name for name in METHODS["mixture"] if name != "dsm"]}
    before, after = judged(tree), judged(tree, kept)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {name for name in before if name.startswith("dsm-")} - {"dsm-no-pairs"}
    assert {after[name]["verdict"] for name in changed} == {NOT_TESTED}


# The stage


@pytest.fixture
def project(tree, monkeypatch):
    params = PARAMS | {"images": {"methods": {"jepa": {}}}}
    (tree / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    monkeypatch.chdir(tree)
    return tree


def test_the_stage_writes_the_same_bytes_each_time(project):
    file = project / "metrics" / "claims.json"
    script.main()
    first = file.read_bytes()
    script.main()
    assert file.read_bytes() == first
    found = json.loads(first)
    assert sum(found[verdict] for verdict in VERDICTS) == len(found["claims"]) == len(CLAIMS)
    assert found["data_set"] == "mnist"
    assert {row["id"]: row for row in found["claims"]} == judged(project)


def test_a_missing_metric_ends_the_stage_with_one_line_and_leaves_nothing(project, capsys):
    path = project / "metrics" / "mixture" / "contrastive.json"
    path.write_text(json.dumps({"structure": {}}), encoding="utf-8")
    with pytest.raises(SystemExit) as status:
        stage.run(script.main)
    assert status.value.code == 2
    assert capsys.readouterr().err == (
        "error: metrics/mixture/contrastive.json: has no structure.trustworthiness, "
        "which a claim is decided by\n"
    )
    assert not (project / "metrics" / "claims.json").exists()


def test_a_file_that_is_not_there_is_named(project):
    (project / "metrics" / "images" / "reconstruction" / "jepa.json").unlink()
    with pytest.raises(InputError, match=r"reconstruction/jepa\.json: no such file"):
        script.main()


def test_the_stage_starts_without_torch():
    code = "import sys, stages.claims; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
