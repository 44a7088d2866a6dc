"""The tracks' tables in the documents, from made-up measures: every method has its row."""

from typing import Any

import pytest
import yaml

from jepatlas.common.base.parameters import InputError
from jepatlas.images.reporting import tables as images
from jepatlas.mixture.reporting import tables as mixture
from jepatlas.noisy_tv.reporting import tables as noisy_tv
from tests.report import metrics
from tests.report.metrics import number

SOME = number(0.5, 0.01)
SCALES = (0, 2, 8)


def params(root, **tracks: Any) -> None:
    (root / "params.yaml").write_text(yaml.safe_dump(tracks, sort_keys=False), encoding="utf-8")


def nested(names, value=SOME) -> dict[str, Any]:
    """The value at each dotted name."""
    whole: dict[str, Any] = {}
    for name in names:
        *parents, last = name.split(".")
        inner = whole
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = dict(value)
    return whole


def rows(table: str) -> dict[str, list[str]]:
    """The cells of each row by its first one; the heading's is there too."""
    lines = [[cell.strip() for cell in line[1:-1].split("|")] for line in table.splitlines()]
    return {line[0]: line[1:] for line in lines if not set(line[0]) <= {"-"}}


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


# The mixture


def embedding(members: int, step: float | None) -> dict[str, Any]:
    found = nested(mixture.EMBEDDING.values())
    found["collapse"] |= {"members_collapsed": members, "step": number(step, step and 5.2)}
    return found


def test_methods_of_the_mixture_stand_by_what_they_learn(root):
    exact = {"exact_r2": {"x0": 0.25, "x1": 0.75}, "of_exact": SOME, "r2": {"x0": SOME, "x1": SOME}}
    score = nested([*mixture.SCORE.values(), *mixture.DISTANCE.values()])
    measured = {
        "mine": embedding(8, 31.5),
        "masked": embedding(0, None) | {"masked": exact},
        "energy": score,
        "some": embedding(3, None),
    }
    both = {name: {"default": content} for name, content in measured.items()}
    both["some"]["as_published"] = embedding(8, 12.0)
    metrics.write(root, "mixture", both)
    params(root, mixture={"methods": {name: {} for name in measured}})
    found = {name: rows(table) for name, table in mixture.tables().items()}
    published = found["mixture embeddings as published"]
    assert list(published) == ["method", "`some`"]
    assert published["`some`"][-1] == "12 ± 5"
    assert list(found["mixture scores as published"]) == ["method"]
    embeddings = found["mixture embeddings"]
    assert list(embeddings) == ["method", "`mine`", "`masked`", "`some`"]
    assert len({len(row) for row in embeddings.values()}) == 1
    collapsed = [row[-1] for row in embeddings.values()]
    assert collapsed == ["collapsed at step", "32 ± 5", "never", "3 members"]
    assert list(found["mixture scores"]) == ["method", "`energy`"]
    assert found["mixture scores"]["`energy`"][-2:] == ["0.50", "0.50"]
    assert found["mixture masked"]["`masked`"] == [
        "0.500 ± 0.010",
        "0.250",
        "0.500 ± 0.010",
        "0.750",
        "0.500 ± 0.010",
    ]


def test_a_measure_that_a_method_of_its_kind_lacks_is_named(root):
    lacking = embedding(0, None)
    del lacking["landscape"]["depth"]
    metrics.write(root, "mixture", {"mine": {"default": lacking}})
    params(root, mixture={"methods": {"mine": {}}})
    with pytest.raises(InputError, match=r"has no landscape\.depth of mine"):
        mixture.tables()


# The images


def test_images(root):
    content = metrics.image_method(accuracy=0.98765)
    metrics.write(root, "images", {"jepa": content, "mine": content})
    params(root, seed=1, images={"methods": {"jepa": {}, "mine": {}}})
    metrics.seeds(root, [0.99, 0.98765, 0.985])
    found = {name: rows(table) for name, table in images.tables().items()}
    assert found["images embeddings"]["`mine`"][0] == "0.9877 ± 0.0018"
    assert found["images embeddings"]["`mine`"][-1] == "57.1"
    assert found["images perturbed"]["5-NN accuracy under"][4:] == [
        "salt and pepper",
        "gaussian",
        "all",
    ]
    decoded = found["images reconstruction"]
    assert decoded["the mean image"] == ["0.0670 ± 0.0005", "14.00", "0.220"]
    assert decoded["`mine`, from the clean image"] == ["0.0080 ± 0.0005", "14.00", "0.900"]
    assert len(decoded) == 1 + 3 + 2 * 2
    assert found["images seeds"]["5-NN accuracy, clean"] == ["0.9876 ± 0.0065", "0.9850 to 0.9900"]
    assert found["images seeds"]["5-NN accuracy, all"] == ["0.9550 ± 0.0041", "0.9550 to 0.9550"]


# The noisy TV


def model(sure: bool) -> dict[str, Any]:
    keys = ["r2", "r2_of_limit", *(noisy_tv.UNCERTAINTY.values() if sure else ())]
    scored = {key: {str(scale): dict(SOME) for scale in SCALES} for key in keys}
    if sure:
        scored["rollout"] = {"1": dict(SOME), "20": dict(SOME), "5": dict(SOME)}
        scored["rollout_of_limit"] = {"20": dict(SOME)}
    return {"as_published": scored, "default": scored, "few_sensors": scored}


def test_models_of_ones_own_have_their_row_and_scales_are_those_measured(root):
    limit = model(sure=True)
    measured = {"kalman": limit, "cca": limit, "mine": model(sure=False), "vjepa": model(sure=True)}
    metrics.write(root, "noisy_tv", measured)
    params(
        root,
        noisy_tv={
            "methods": {"mine": {}, "vjepa": {}},
            "sweep": {"scales": list(SCALES), "failure_scale": 2},
            "evaluation": {"drawn_scale": 8},
            "partially_observed": {"seeds": 1, "systems": {"few_sensors": {"observation": 6}}},
        },
    )
    found = {name: rows(table) for name, table in noisy_tv.tables().items()}
    accuracy = found["noisy tv"]
    assert list(accuracy) == ["model", "Kalman filter", "`mine`", "`vjepa`"]
    assert accuracy["model"] == [
        "as published, σ = 0",
        "as published, σ = 8",
        "default, σ = 0",
        "default, σ = 8",
        "least share of the limit",
    ]
    assert accuracy["`mine`"] == ["0.50 (0.50 to 0.50)"] * 2 + ["0.500"] * 2 + ["0.5000"]
    assert accuracy["Kalman filter"][-1] == "1"
    partial = found["noisy tv partially observed"]
    assert partial["σ = 8, default recipe"] == [
        "few sensors",
        "few sensors: least share of the limit",
    ]
    assert partial["`mine`"] == ["0.500 ± 0.010", "0.5000"]
    sure = found["noisy tv uncertainty"]
    assert list(sure) == ["σ = 8, default recipe", "`vjepa`", "Kalman filter"]
    ahead = found["noisy tv horizons"]
    assert list(ahead) == ["σ = 8, default recipe", "Kalman filter", "`vjepa`"]
    assert ahead["σ = 8, default recipe"] == [
        "1 step ahead",
        "5 steps ahead",
        "20 steps ahead",
        "share of the limit, 20 steps ahead",
    ]
    assert [ahead[name][-1] for name in ("Kalman filter", "`vjepa`")] == ["1", "0.500 ± 0.010"]


@pytest.mark.parametrize("track", [mixture, images, noisy_tv])
def test_a_method_that_is_not_measured_is_named(root, track):
    name = track.__name__.split(".")[1]
    metrics.write(root, name, {"other": {"a": 1.0}})
    blocks = {"sweep": {"scales": [0], "failure_scale": 0}, "evaluation": {"drawn_scale": 0}}
    params(root, **{name: {"methods": {"mine": {}}} | blocks})
    with pytest.raises(InputError, match=r"measures\.csv: has nothing of mine"):
        track.tables()
