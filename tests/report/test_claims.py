"""The table of claims, against the committed metrics and made-up ones of the digits."""

import contextlib
import json
import math
import re
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pandas as pd
import pytest
import yaml

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import InputError
from jepatlas.common.reporting import rules
from jepatlas.common.reporting.rules import (
    FAILS,
    HOLDS,
    IN_PART,
    NOT_TESTED,
    UNDECIDED,
    VERDICTS,
    Evidence,
    Measure,
    judge,
)
from jepatlas.report import claims as gathering
from stages import claims as script
from tests.report import metrics

ROOT = Path(__file__).parents[2]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
RECIPES = ("as_published", "default")
TRACKS = ("mixture", "noisy_tv", "hidden_causes", "images")
METHODS = {track: list(PARAMS[track]["methods"]) for track in TRACKS} | {"images": ["jepa"]}
with contextlib.chdir(ROOT):
    CLAIMS = gathering.gathered()
CONDITIONS = [condition for claim in CLAIMS for condition in claim.conditions]


def ids(claims):
    return [claim.id for claim in claims]


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """The committed measures of mixture and noisy TV, with made-up ones of the others."""
    for track in ("mixture", "noisy_tv"):
        folder = tmp_path / "plots" / track / "tables"
        folder.mkdir(parents=True)
        shutil.copy(ROOT / "plots" / track / "tables" / "measures.csv", folder)
    metrics.images(tmp_path)
    metrics.hidden_causes(tmp_path)
    metrics.seeds(tmp_path, [0.985, 0.987])  # of other parameters
    params = PARAMS | {"images": {"methods": {"jepa": {}}}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def judged(methods=METHODS, data_set="mnist"):
    found = Evidence(methods, {"images": data_set})
    return {claim.id: judge(claim, found) for claim in gathering.gathered()}


def table(tree, track):
    return tree / "plots" / track / "tables" / "measures.csv"


# The table itself


def test_there_are_enough_claims_with_ids_of_their_own():
    assert len(CLAIMS) >= 35
    assert len(set(ids(CLAIMS))) == len(CLAIMS)
    assert len({claim.claim for claim in CLAIMS}) == len(CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS, ids=ids(CLAIMS))
def test_a_claim_is_whole(claim):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", claim.id)
    assert claim.track in TRACKS
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


def test_every_measure_is_in_the_tables_with_an_interval(tree):
    found = Evidence(METHODS, {"images": "mnist"})
    checks = list(chain.from_iterable(rules.check(condition, found) for condition in CONDITIONS))
    assert len(checks) > 150
    assert all(math.isfinite(one.gap.mean + one.gap.half_width) for one in checks)


def test_bounds_follow_the_mixture_and_the_threshold_of_collapse(tree):
    params = yaml.safe_load((tree / "params.yaml").read_text(encoding="utf-8"))
    params["mixture"]["evaluation"]["collapsed"] = 0.02
    known = params["mixture"]["mixtures"]["document"]
    known |= {"weights": [0.1, 0.9], "means": [[0, 0], [3, 4]]}
    known["covariances"] = known["covariances"][:2]
    params["noisy_tv"]["sweep"]["scales"] = [1, 5]
    (tree / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    bounds = {str(c) for claim in gathering.gathered() for c in claim.conditions}
    for words in ("as published", "by the default recipe"):
        assert f"spread of jepa {words} > 0.02" in bounds
        assert f"roughness of jepa {words} < 0.2" in bounds  # 1 / 5
        assert f"weight error of unadjusted chains of dsm {words} < 0.02" in bounds  # 0.1 / 5
    assert any("σ = 5" in bound and "σ = 1 " in bound for bound in bounds)


def test_masked_dependencies_are_asked_for_where_there_are_some(tree):
    """Of x2 given x1 only in the document's mixture, of both where no two clusters are level."""
    params = yaml.safe_load((tree / "params.yaml").read_text(encoding="utf-8"))
    params["mixture"]["methods"]["jepa_masked"]["default"]["mixture"] = "document"
    (tree / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    (claim,) = (one for one in gathering.gathered() if one.id == "masked-dependencies")
    asked = [(one.left.recipe, one.left.name[-2:]) for one in claim.conditions]
    assert asked == [("as_published", "x0"), ("as_published", "x1"), ("default", "x1")]


def test_masked_dependencies_are_not_tested_where_no_coordinate_tells_of_the_other(tree):
    params = yaml.safe_load((tree / "params.yaml").read_text(encoding="utf-8"))
    for name in ("document", "asymmetric"):
        rounds = {"weights": [0.5, 0.5], "means": [[0, 0], [0, 1]]}
        rounds["covariances"] = [[[1, 0], [0, 1]], [[1, 0], [0, 1]]]
        params["mixture"]["mixtures"][name] = rounds
    (tree / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    (row,) = (one for one in gathering.decided() if one["id"] == "masked-dependencies")
    assert row["verdict"] == NOT_TESTED


@pytest.mark.parametrize(
    ("means", "bound"), [([[0, 0], [3, 4], [0, 0]], ["0.2"]), ([[1, 1], [1, 1], [1, 1]], [])]
)
def test_clusters_with_one_mean_are_no_distance_apart(tree, means, bound):
    params = yaml.safe_load((tree / "params.yaml").read_text(encoding="utf-8"))
    params["mixture"]["mixtures"]["document"]["means"] = means
    (tree / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    (claim,) = (one for one in gathering.gathered() if one.id == "jepa-smooth")
    asked = [str(one) for one in claim.conditions if "roughness of jepa by" in str(one)]
    assert [one.rpartition(" < ")[2] for one in asked] == bound
    assert any("well depth of jepa by" in str(one) for one in claim.conditions)


def test_a_recipe_that_was_dropped_is_not_asked_about(tree):
    params = yaml.safe_load((tree / "params.yaml").read_text(encoding="utf-8"))
    del params["mixture"]["methods"]["jepa"]["as_published"]
    (tree / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    recipes = {one.id: {c.left.recipe for c in one.conditions} for one in gathering.gathered()}
    assert recipes["jepa-no-contrast"] == {"default"}
    assert recipes["dsm-score"] == {"as_published", "default"}


def test_the_tracks_come_in_the_order_of_params_yaml():
    order = list(dict.fromkeys(claim.track for claim in CLAIMS))
    assert order == [key for key in PARAMS if key in TRACKS]


# Verdicts


def test_all_five_verdicts_are_given(tree):
    rows = judged()
    assert {row["verdict"] for row in rows.values()} == set(VERDICTS)
    for row in rows.values():
        assert (row["reason"] == "") == (row["verdict"] == HOLDS)
        assert (row["value"] == "") == (row["verdict"] == NOT_TESTED)
        assert bool(row["test"]) == (row["verdict"] != NOT_TESTED)
        assert row["verdict"] == NOT_TESTED or row["value"] in row["reason"] or not row["reason"]
        assert not set("|\n{}") & set("".join(row.values()))


@pytest.mark.parametrize(
    ("claim", "place", "mean", "verdicts"),
    [
        (
            "contrastive-separated",
            "mixture contrastive *.clusters.silhouette",
            0.3,
            (HOLDS, FAILS),
        ),
        ("contrastive-batches", "mixture contrastive *.clusters.silhouette", 0.3, (FAILS, HOLDS)),
        ("dsm-score", "mixture dsm *.score.fisher_error", 0.4, (HOLDS, FAILS)),
        ("ema-avoids-collapse", "mixture jepa_ema *.collapse.spread", 1e-6, (HOLDS, FAILS)),
        ("jepa-no-contrast", "mixture jepa_ema *.collapse.spread", 0.001, (IN_PART, IN_PART)),
        ("table-score-ema", "mixture jepa_ema *.landscape.score_explained", 0.98, (HOLDS, FAILS)),
        ("table-sampling", "mixture jepa_ema *.landscape.score_explained", 0.98, (HOLDS, IN_PART)),
        ("masked-conditional", "mixture jepa_masked *.masked.of_exact", 0.5, (HOLDS, FAILS)),
        ("masked-dependencies", "mixture jepa_masked *.masked.r2.x1", 0.5, (HOLDS, IN_PART)),
        ("images-knn-f1", "images jepa knn.f1", 0.97, (HOLDS, FAILS)),
        ("images-robust", "images jepa knn_perturbed.all", 0.6, (HOLDS, IN_PART)),
        ("tv-generative-cause", "noisy_tv ar default.r2_of_limit.10", 0.1, (FAILS, IN_PART)),
        ("tv-outperforms", "noisy_tv ar default.r2_of_limit.10", 0.9, (IN_PART, HOLDS)),
    ],
)
def test_a_verdict_follows_its_number(tree, claim, place, mean, verdicts):
    """Where `*` stands for both recipes, by the default one's numbers for both."""
    alike(table(tree, "mixture"))
    before = judged()[claim]["verdict"]
    track, method, measure = place.split()
    for name in {measure.replace("*", recipe) for recipe in RECIPES}:
        metrics.edit(table(tree, track), method, name, mean, ci95=mean / 100)
    assert (before, judged()[claim]["verdict"]) == verdicts


@pytest.mark.parametrize(
    ("claim", "measure"), [("constraints", "regret_goal_next.4"), ("zero-shot", "regret_goal.4")]
)
def test_goals_are_held_to_the_worst_seed(tree, claim, measure):
    path = table(tree, "noisy_tv")
    before = judged()[f"tv-{claim}"]["recipe"]
    found = pd.read_csv(path)
    found.loc[(found.method == "bjepa") & (found.measure == f"default.{measure}"), "max"] = 0.8
    found.to_csv(path, index=False)
    row = judged()[f"tv-{claim}"]
    assert before == "as published: does not hold; default: holds"
    assert row["recipe"] == "as published: does not hold; default: holds in part"


def test_goals_of_windows_of_several_frames_are_not_tested(tree):
    path = table(tree, "noisy_tv")
    found = pd.read_csv(path)
    found[~found.measure.str.startswith("default.regret_goal")].to_csv(path, index=False)
    for claim in ("constraints", "zero-shot"):
        row = judged()[f"tv-{claim}"]
        assert row["verdict"] == NOT_TESTED
        assert "one frame" in row["reason"]


def test_one_noise_scale_compares_to_no_other(tree):
    params = yaml.safe_load((tree / "params.yaml").read_text(encoding="utf-8"))
    params["noisy_tv"]["sweep"]["scales"] = [4]
    (tree / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    rows = judged()
    for claim in ("robust", "generative-degrade"):
        assert rows[f"tv-{claim}"]["verdict"] == NOT_TESTED
        assert "and there is one" in rows[f"tv-{claim}"]["reason"]
    assert rows["tv-outperforms"]["verdict"] != NOT_TESTED


def test_recipes_that_differ_have_verdicts_of_their_own(tree):
    """A claim that holds by one of them only holds in part, and says by which."""
    alike(table(tree, "mixture"))
    measure = "as_published.clusters.silhouette"
    metrics.edit(table(tree, "mixture"), "contrastive", measure, 0.1)
    row = judged()["contrastive-separated"]
    assert row["verdict"] == IN_PART
    assert row["recipe"] == "as published: does not hold; default: holds"


def alike(path):
    """Give the published recipes the numbers of the default ones."""
    found = pd.read_csv(path)
    default = found[found["measure"].str.startswith("default.")]
    names = default["measure"].str.replace("default.", "as_published.", regex=False)
    pd.concat([default, default.assign(measure=names)]).to_csv(path, index=False)


def test_nothing_is_decided_when_the_intervals_have_no_bounds(tree):
    for track in TRACKS:
        found = pd.read_csv(table(tree, track)).assign(ci95=1e9, members=None)
        found.to_csv(table(tree, track), index=False)
    of_every_seed = ("lowest ", "highest ")  # these have no interval
    rows = [row for row in judged().values() if not row["measured"].startswith(of_every_seed)]
    assert {row["verdict"] for row in rows} == {UNDECIDED, NOT_TESTED}


@pytest.mark.parametrize(("mse", "expected"), [(0.041, HOLDS), (0.06, IN_PART), (0.3, FAILS)])
def test_reconstruction_is_held_against_all_its_references(tree, mse, expected):
    metrics.images(tree, mse=mse)
    row = judged()["images-reconstruction"]
    assert row["verdict"] == expected
    assert "mean image of the true class" in row["test"]


def test_the_perturbation_that_is_worst_is_named(tree):
    metrics.edit(table(tree, "images"), "jepa", "knn_perturbed.erosion", 0.5)
    row = judged()["images-robust"]
    assert row["measured"] == "k-NN accuracy at perturbation = erosion"


def test_claims_about_mnist_are_not_tested_on_another_set():
    about_images = {claim.id for claim in CLAIMS if claim.track == "images"}
    with contextlib.chdir(ROOT):
        rows = [
            judge(claim, Evidence(METHODS, {"images": "kmnist"}))
            for claim in CLAIMS
            if claim.track == "images"
        ]
    assert len(rows) == len(about_images) == 8
    assert {row["verdict"] for row in rows} == {NOT_TESTED}
    reason = "The claim is about mnist, and this run is on kmnist."
    assert {row["reason"] for row in rows} == {reason}


def drop_dsm(tree, kept):
    """Its rows go with it."""
    found = pd.read_csv(table(tree, "mixture"))
    found[found["method"] != "dsm"].to_csv(table(tree, "mixture"), index=False)
    return kept


def test_claims_about_a_method_that_was_dropped_are_not_tested(tree):
    kept = METHODS | {"mixture": [name for name in METHODS["mixture"] if name != "dsm"]}
    before, after = judged(), judged(drop_dsm(tree, kept))
    changed = {name for name in before if before[name] != after[name]}
    never_tested = {"dsm-no-pairs", "dsm-other-sign"}
    assert changed == {name for name in before if name.startswith("dsm-")} - never_tested
    assert {after[name]["verdict"] for name in changed} == {NOT_TESTED}


# The stage


def test_the_stage_writes_the_same_bytes_each_time(tree):
    files = [tree / "metrics" / "claims.json", tree / "plots" / "claims.csv"]
    script.main()
    first = [file.read_bytes() for file in files]
    script.main()
    assert [file.read_bytes() for file in files] == first
    found = json.loads(first[0])["claims"]
    rows = pd.read_csv(files[1]).fillna("").to_dict("records")
    assert sum(found[verdict] for verdict in VERDICTS) == len(rows) == len(CLAIMS)
    assert {row["id"]: row for row in rows} == judged()


def test_a_missing_measure_ends_the_stage_with_one_line_and_leaves_nothing(tree, capsys):
    found = pd.read_csv(table(tree, "mixture"))
    measure = "as_published.structure.trustworthiness"
    lacking = (found["method"] == "contrastive") & (found["measure"] == measure)
    found[~lacking].to_csv(table(tree, "mixture"), index=False)
    with pytest.raises(SystemExit) as status:
        stage.run(script.main)
    assert status.value.code == 2
    assert capsys.readouterr().err == (
        f"error: plots/mixture/tables/measures.csv: has no {measure} of contrastive\n"
    )
    assert not (tree / "metrics" / "claims.json").exists()


def test_a_file_that_is_not_there_is_named(tree):
    table(tree, "images").unlink()
    with pytest.raises(InputError, match=r"images/tables/measures\.csv: no such file"):
        script.main()


def test_the_stage_starts_without_torch():
    code = "import sys, stages.claims; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
