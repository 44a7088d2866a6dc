"""The page as a file: whole, safe, the same each time, and made without torch."""

import base64
import hashlib
import importlib
import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zlib
from collections import Counter
from html import escape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image
from scipy.stats import multivariate_normal

from jepatlas.common.base import tracks
from jepatlas.common.base.parameters import InputError
from jepatlas.common.measuring.measures import Measures
from jepatlas.common.reporting import packing
from jepatlas.common.reporting.cards import cards
from jepatlas.common.reporting.headlines import headlines, highest_of, lowest_of, one_of
from jepatlas.common.reporting.page import Section, fill, still
from jepatlas.images.reporting import curves
from jepatlas.images.reporting.curves import FULLEST
from jepatlas.mixture.reporting import page as mixture
from jepatlas.mixture.reporting.story import story
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import Landscape
from jepatlas.noisy_tv.reporting import page as noisy_tv
from jepatlas.noisy_tv.reporting.more import transfers
from jepatlas.report import document
from jepatlas.report.page import assemble
from jepatlas.report.page.claims import counted, named, rows
from stages import report
from tests import project
from tests.noisy_tv.worlds import METHODS
from tests.report import made, metrics

CARDS = {
    track: importlib.import_module(f"jepatlas.{track}.reporting.cards").CARDS
    for track in tracks.names()
}


class Elements(HTMLParser):
    """Every element of a document with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def text(page_file: Path) -> str:
    return page_file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def elements(text: str) -> list[tuple[str, dict[str, str | None]]]:
    return Elements(text).found


@pytest.fixture(scope="module")
def data(text: str) -> Any:
    """What the scripts are given."""
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    return json.loads(found)


# The document


def test_it_is_small_and_the_same_each_time(root, page_file, text):
    assert len(text.encode()) < 0.8e6 * len(made.MIXTURE)
    report.main()
    assert page_file.read_text(encoding="utf-8") == text


def test_it_refers_to_nothing_outside_but_the_sources(text, elements):
    keys = ("src", "href", "action", "data")
    places = {(tag, found[key]) for tag, found in elements for key in keys if key in found}
    outside = {place for place in places if not place[1].startswith(("#", "data:"))}
    assert outside < places
    papers = {*document.SOURCES.values(), *document.PAPERS.values()}
    papers |= {card.objective.address for _, card in carded()}
    assert outside == {("a", address) for address in papers}  # asked by a click
    style = text[text.index("<style>") : text.index("</style>")]
    assert re.findall(r"url\((?!data:)", style) == []
    assert "@import" not in style


def test_what_files_hold_is_never_read_as_html(text, elements):
    tags = [tag for tag, _ in elements]
    assert tags.count("script") == 8  # data, what is shared, four tracks, library, start
    assert tags.count("img") == len(made.STILLS)  # for those without JavaScript
    assert not any(name.startswith("on") for _, found in elements for name in found)
    assert "&lt;/script&gt;" in text  # the text is there, as text
    ids = [found["id"] for _, found in elements if "id" in found]
    assert f"claim-{made.EVIL}" in ids  # in one piece: it broke out of no attribute
    assert len(ids) == len(set(ids))


def test_a_browser_runs_these_scripts_and_no_other(text, elements):
    """Even if something that a file holds were read as HTML."""
    (policy,) = [found["content"] for tag, found in elements if "Policy" in str(found)]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    *hashes, last = rules["script-src"].split()
    assert last == "'unsafe-eval'"  # of Vega's, which compiles its expressions
    texts = re.findall(r"<script(?: type=\"module\")?>(.*?)</script>", text, re.S)
    digests = [hashlib.sha256(script.encode()).digest() for script in texts]
    assert len(texts) == 7
    assert set(hashes) == {f"'sha256-{base64.b64encode(one).decode()}'" for one in digests}


def test_json_cannot_end_its_element():
    content = {"</script>": ["<!--", "]]>", "&", "\u2028", made.EVIL]}
    written = packing.json_of(content)
    assert not set(written) & set("<>&\u2028")
    assert json.loads(written) == content


def test_a_part_is_not_looked_into():
    assert fill("a {{b}} c", {"b": "{{d}}"}) == "a {{d}} c"
    with pytest.raises(KeyError):
        fill("{{missing}}", {})


def test_the_claims_can_be_read_without_a_script(elements):
    found = [given for tag, given in elements if tag == "tr" and "data-verdict" in given]
    assert len(found) == len(made.claims())
    assert {row["data-verdict"] for row in found} == set(made.VERDICTS)
    assert rows([], {}) == ""


def test_each_source_has_its_claims_counted():
    other = {"source": "A & B", "address": "https://a.paper", "verdict": "holds"}
    assert counted([*made.claims(), other, other | {"verdict": "undecided"}]) == (
        "15 claims of the document, of which 3 hold; 2 claims of "
        '<a href="https://a.paper" rel="noreferrer">A &amp; B</a>, of which 1 hold'
    )


def test_grids_of_latents_come_back_as_they_were(root, data):
    section = data["sections"]["hidden_causes"]
    assert set(section["worlds"]) == {"mixings.banana", "shapes.0_5", "shapes.2"}
    world = section["worlds"]["mixings.banana"]
    assert [one["label"] for one in world["methods"].values()] == ["LeJEPA", "Whitening"]
    found = unpacked(world["methods"]["lejepa"]["grids"], section["side"]) * section["step"]
    with np.load(root / "data/hidden_causes/evaluated/lejepa.npz") as arrays:
        kept = np.moveaxis(arrays["mixings.banana/grid"][:, ::2, ::2], -1, 0)
    shape = (2, 3, section["side"], section["side"])
    np.testing.assert_allclose(found.reshape(shape), kept.clip(-8, 8), atol=section["step"] / 2)


def carded():
    """The methods of the page's tracks, each with the card that its track has of it."""
    shown = {"mixture": made.MIXTURE, "images": made.IMAGES, "hidden_causes": made.CAUSES}
    shown["noisy_tv"] = METHODS
    return [((track, name), CARDS[track][name]) for track in shown for name in shown[track]]


def test_every_method_of_every_track_has_a_card(text):
    params = yaml.safe_load((project.ROOT / "params.yaml").read_text(encoding="utf-8"))
    for track, known in CARDS.items():
        assert set(known) == set(params[track]["methods"]), track
    assert text.count("<article>") == len(carded())
    for _, card in carded():
        assert card.objective.formula in text
        assert escape(card.sentence) in text


def test_a_method_of_ones_own_has_no_card_and_its_name_is_text():
    known = {"jepa": CARDS["images"]["jepa"]}
    assert cards({"mine": "mine"}, known) == ""
    (name,) = re.findall(r"<h3>(.*)</h3>", cards({"mine": "mine", "jepa": made.EVIL}, known))
    assert name == escape(made.EVIL)


def test_what_two_tracks_minimise_alike_is_written_once():
    """One objective for the methods of one name, but where they differ."""
    both = [
        (one, other)
        for name, one in CARDS["mixture"].items()
        for other in [CARDS["hidden_causes"].get(name)]
        if other
    ]
    assert len(both) == 6
    assert all(one.objective is other.objective for one, other in both)


# Headline numbers: those of the tables of measures


def headlined(text: str, track: str) -> list[pd.DataFrame]:
    """The small tables of a section."""
    section = text[text.index(f'<section id="{track}"') :].partition("</section>")[0]
    found = re.findall(r'<div class="measures headlines".*?</div>', section, re.S)
    tables = []
    for one in found:
        (_, *heads), *rows = (
            [cell.text or "" for cell in row] for row in ElementTree.fromstring(one).iter("tr")
        )
        numbers = {name: dict(zip(heads, cells, strict=True)) for name, *cells in rows}
        tables.append(pd.DataFrame.from_dict(numbers, orient="index"))
    return tables


def test_headlines_are_the_numbers_of_the_tables(root, text):
    (encoders,) = headlined(text, "images")
    table = pd.read_csv(root / "plots/images/tables/measures.csv").set_index(["method", "measure"])
    assert list(encoders.index) == ["JEPA", "LeJEPA", "VICReg"]
    assert list(encoders.columns)[:2] == ["right by 5-NN", "right by a linear probe"]
    row = table.loc[("lejepa", "knn.accuracy")]
    assert encoders.loc["LeJEPA", "right by 5-NN"] == f"{row['mean']:.3f} ± {row['ci95']:.3f}"
    joint, scores = headlined(text, "mixture")
    assert joint.loc["JEPA, masked", "spread (0 is collapsed)"] == "0.625 ± 0.030"
    assert list(scores.index) == ["DSM", "ISM"]
    assert list(scores["error of the score (Fisher)"]) == ["0.250 ± 0.125"] * 2
    (causes,) = headlined(text, "hidden_causes")
    assert "observation" not in causes.index  # but by its name
    assert causes.loc["least squares from x", "R² behind spiral"] == "0.700 ± 0.000"
    assert causes.loc["Whitening", "R² of the arm's angles"] == "0.980 ± 0.001"


def test_the_worst_is_the_worst_and_what_is_not_there_is_left_out(tmp_path):
    found = {"a": {"share": {"0": metrics.number(0.9), "8": metrics.number(0.4)}}, "b": {"r2": 1.0}}
    metrics.write(tmp_path, "toy", found)
    read = Measures.read("toy", tmp_path / "plots")
    worst, best = lowest_of(read, "share"), highest_of(read, "share")
    assert (worst("a").mean, best("a").mean, worst("b")) == (0.4, 0.9, None)
    columns = {"least": worst, "none": one_of(read, "nothing")}
    shown = headlines(made.EVIL, {"a": made.EVIL, "b": "B"}, columns)
    assert shown.count("<tr>") == 2
    assert "none" not in shown
    assert made.EVIL not in shown
    assert headlines("T", {"b": "B"}, columns) == ""


def test_methods_have_one_name():
    names = {"jepa": "JEPA", "jepa_ema": "JEPA, EMA target", "ar": "AR"}
    assert named("spread of jepa_ema > spread of jepa; ar far", names) == (
        "spread of JEPA, EMA target > spread of JEPA; AR far"
    )
    assert named("jepa", {}) == "jepa"


def test_parameters_and_data_set_are_named(text):
    assert "the digits of scikit-learn" in text
    assert "barlow_twins:" in text
    assert document.TITLE in text


def test_neither_page_nor_stage_imports_torch():
    code = "import sys, stages.report; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=project.ROOT, check=True)


@pytest.mark.parametrize(
    ("file", "lacks"),
    [
        ("plots/claims.csv", None),
        ("data/mixture/evaluated/dsm.npz", "default/energy_0"),
        ("data/mixture/evaluated/jepa.npz", None),
        ("data/noisy_tv/oracle/drawn.npz", "default/true"),
        ("data/noisy_tv/evaluated/ar.npz", None),
        ("data/hidden_causes/evaluated/lejepa.npz", "shapes.2/grid"),
        ("plots/hidden_causes/tables/bounds.csv", None),
        ("data/images/evaluated/lejepa.npz", "neighbours"),
        ("data/images/evaluated/jepa.npz", "from_clean"),
        ("plots/images/tables/measures.csv", None),
        ("plots/images/tables/training.csv", None),
        ("plots/images/tables/confusion.csv", None),
    ],
)
def test_a_missing_input_is_named(root, tmp_path, file, lacks):
    kept = tmp_path / "kept"
    shutil.copy(root / file, kept)
    try:
        if lacks is None:
            (root / file).unlink()
        else:
            with np.load(kept) as arrays:
                np.savez(root / file, **{k: v for k, v in arrays.items() if k != lacks})
        with pytest.raises(InputError, match=re.escape(file)) as refusal:
            assemble.page()
        assert (lacks or "no such file") in str(refusal.value)
    finally:
        shutil.copy(kept, root / file)


@pytest.mark.parametrize("share", [0, 0.2, 0.7])
def test_a_damaged_picture_is_named(tmp_path, share):
    path = tmp_path / "sheet.png"
    Image.effect_noise((60, 40), 50).save(path)
    assert still(path).startswith("data:image/webp;base64,")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(
        InputError, match=r"sheet\.png: damaged, or not a picture \(.*makes it anew"
    ):
        still(path)


def test_a_note_stands_at_the_top_as_text():
    text = assemble.assembled({"a": Section("A", "<p>a</p>")}, [], "<b>demo</b>", "")
    assert '<p class="note">&lt;b&gt;demo&lt;/b&gt;</p>' in text
    assert 'class="note"' not in assemble.assembled({}, [], None, "")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["One"], "one"),
        (["One", "Two"], "one and two"),
        (["A", "B", "C"], "a, b and c"),
        (["MNIST", "Noisy TV"], "MNIST and noisy TV"),
    ],
)
def test_worlds_are_listed_in_words(names, expected):
    assert assemble.listed(names) == expected


# Arrays as text


def inflated(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


def unpacked(text: str, side: int) -> Any:
    """The inverse of `packing.fields`, written plainly."""
    low, high = np.frombuffer(inflated(text), np.uint8).reshape(2, -1).astype(np.uint16)
    unsigned = low | high << 8
    rest = (unsigned >> 1).astype(np.int16) ^ -(unsigned & 1).astype(np.int16)
    return rest.reshape(-1, side, side).cumsum(1, dtype=np.int16).cumsum(2, dtype=np.int16)


def test_fields_survive_packing():
    extremes = np.random.default_rng(0).integers(-32768, 32768, (2, 9, 9))
    np.testing.assert_array_equal(unpacked(packing.fields(extremes), 9), extremes)


def test_stepped_numbers_are_within_half_a_step():
    values = np.random.default_rng(0).normal(0, 100, (3, 4))
    found = packing.stepped(values)
    back = np.frombuffer(inflated(found["values"]), "<i2").reshape(3, 4) * found["step"]
    np.testing.assert_allclose(back, values, atol=0.51 * found["step"])
    assert packing.stepped(np.zeros(3))["step"] == 1


def test_the_sheet_holds_each_different_image_once():
    sheet = packing.Sheet((28, 28))
    images = np.zeros((3, 28, 28), np.uint8)
    images[1, :14] = 255
    places = sheet.add(images)
    assert places == [0, 1, 0]
    assert sheet.add(images[1]) == 1
    picture = np.asarray(
        Image.open(BytesIO(base64.b64decode(sheet.png().partition(",")[2]))).convert("L")
    )
    np.testing.assert_array_equal(picture[:28, 28:56], images[1])


# The mixture


def test_collapse_is_told_apart(data):
    spreads = {m["name"]: m["states"][-1]["spread"] for m in data["sections"]["mixture"]["methods"]}
    assert spreads["dsm"] is None
    assert spreads["jepa"] < spreads["contrastive"]


def test_each_method_lies_on_the_points_and_the_density_of_its_mixture(data):
    section = data["sections"]["mixture"]
    found = {method["name"]: method["ground"] for method in section["methods"]}
    assert found.pop("jepa_masked") == "asymmetric"
    assert set(found.values()) == {"document"}
    grounds = section["grounds"]
    assert set(grounds) == {"asymmetric", "document"}
    assert grounds["asymmetric"]["points"] != grounds["document"]["points"]


def test_as_many_states_are_kept_as_there_is_room_for():
    states = [{"at": k, "online": "x" * 100, "target": None} for k in range(14)]
    methods = [{"name": "long", "states": states}, {"name": "short", "states": states[:3]}]
    assert mixture.within(1700, methods) == methods
    long, short = mixture.within(1000, methods)
    assert len(long["states"]) == 7
    assert (long["states"][0]["at"], long["states"][-1]["at"]) == (0, 13)
    assert short["states"] == states[:3]


def test_the_story_is_about_what_there_is():
    def method(name, kind, spread):
        return {"name": name, "kind": kind, "states": [{"spread": spread}]}

    fallen, mine = method("jepa", "embedding", 0.001), method("my_method", "embedding", 0.9)
    titles = [step.title for step in story([fallen, mine], 0.01)]
    assert titles == ["Wells", "Collapse", "What prevents it"]
    (step,) = story([method("energy", "score", None)], 0.01)
    assert step.shows == "objectives=energy&points=0&density=1"


def test_contours_hold_what_they_say():
    density = Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    points, _ = density.sample(20_000, np.random.default_rng(0))
    plane = Landscape(x=(-5, 5), y=(-5, 5), resolution=10, frames=2)
    lines = mixture.contours(density, points, plane)
    radii = [np.linalg.norm(line, axis=1).mean() for line in lines]
    expected = [np.sqrt(-2 * np.log(1 - held)) for held in mixture.HELD]
    np.testing.assert_allclose(radii, expected, rtol=0.03)


# The noisy TV


def test_scores_and_series(root, data):
    found = data["sections"]["noisy_tv"]["recipes"]["default"]
    with np.load(root / "data/noisy_tv/evaluated/jepa.npz") as drawn:
        expected = drawn["default/jepa"][..., :2]
    series = found["series"]["jepa"]
    back = np.frombuffer(inflated(series["values"]), "<i2") * series["step"]
    np.testing.assert_allclose(back.reshape(expected.shape), expected, atol=series["step"])
    assert found["scales"] == list(made.SCALES)
    assert len(data["sections"]["noisy_tv"]["scores"]) == 2 * len(made.SCALES) * (1 + len(METHODS))


def test_a_model_of_ones_own_has_a_name_and_a_colour():
    limit, mine = noisy_tv.models(["my_model"])
    assert (limit["name"], mine["label"]) == ("kalman", "my model")
    assert mine["colour"].startswith("#")
    assert mine["shown"]  # there is no other
    _, *many = noisy_tv.models([*METHODS, "my_model"])
    assert [model["shown"] for model in many] == [True] * 5 + [False] * 3
    assert len({(model["colour"], model["dashed"]) for model in many}) == 8


# The images


def test_images(data):
    found = data["sections"]["images"]
    assert len(found["originals"]) == len(found["shown"]) == 100
    method = found["methods"][1]
    assert np.shape(method["perturbed"]) == (100, 7)
    assert np.shape(method["neighbours"]) == np.shape(method["neighbour_labels"]) == (100, 5)
    assert method["numbers"][0] == ["k-NN accuracy", "98.8 ± 1.2 %"]
    assert method["numbers"][3] == ["PSNR from perturbed", "20.25 ± 0.50 dB"]
    labels = np.frombuffer(inflated(found["labels"]), "<u2")
    assert len(np.frombuffer(inflated(method["map"]), "<u2")) == 2 * len(labels)
    assert method["from_clean"] == found["originals"]  # made so, and each image is there once


def test_curves_and_confusions_of_images_are_those_of_the_tables(root, data):
    loss, accuracy, *confusions = data["sections"]["images"]["charts"]
    table = pd.read_csv(root / "plots/images/tables/training.csv")
    for chart, column in ((loss, "loss"), (accuracy, "knn_accuracy")):
        found = pd.DataFrame(chart["rows"])
        assert list(found.method.unique()) == ["JEPA", "LeJEPA", "VICReg"]
        np.testing.assert_allclose(found[column], table[column], rtol=1e-3)
    _, labels = made.digits()
    truth = labels[1400:]
    assert len(confusions) == len(made.IMAGES)
    for k, (name, chart) in enumerate(zip(made.IMAGES, confusions, strict=True)):
        with np.load(root / f"data/images/evaluated/{name}.npz") as arrays:
            predicted = arrays["predicted"]
        cells = {(row["actual"], row["predicted"]): row["count"] for row in chart["rows"]}
        expected = Counter(zip(map(str, truth), map(str, predicted), strict=True))
        assert cells == expected
        wrong = len(truth[k::50])
        assert chart["title"].endswith(f": {wrong} of {len(truth)} wrong")
        shades = [row["opacity"] for row in chart["rows"]]
        assert min(shades) > 0
        assert max(shades) <= FULLEST


def test_names_of_classes_stay_names():
    """Even those that look like numbers, or like nothing."""
    names = ["01", "NA"]
    table = pd.DataFrame([["mine", "01", "NA", 3], ["mine", "NA", "NA", 5]])
    table.columns = pd.Index(["method", "actual", "predicted", "count"])
    training = pd.DataFrame({"method": ["mine"], "epoch": [1], "loss": [-1.0]})
    training["knn_accuracy"] = 0.5
    *_, chart = curves.charts(training, table, ["mine"], names)
    assert [row["actual"] for row in chart["rows"]] == names
    assert chart["title"] == "mine: 3 of 8 wrong"


# Masked prediction


def test_masked_prediction_is_beside_the_exact_mean(root, data):
    first, second, known = data["sections"]["mixture"]["masked"]
    with np.load(root / "data/mixture/points/asymmetric.npz") as arrays:
        points = dict(arrays)
    for chart, hidden in ((first, 0), (second, 1)):
        table = pd.DataFrame(chart["rows"])
        exact = table[table.kind == "exact mean"]
        seen = 1 - hidden
        # By quadrature over the masked coordinate, with the density as a formula.
        grid = np.linspace(-40, 40, 8001)
        for at in exact.iloc[::17].itertuples():
            line = np.empty((len(grid), 2))
            line[:, hidden], line[:, seen] = grid, at.seen
            density = sum(
                weight * multivariate_normal(mean, covariance).pdf(line)
                for weight, mean, covariance in zip(
                    points["weights"], points["means"], points["covariances"], strict=True
                )
            )
            share = density / density.sum()
            mean = share @ grid
            std = np.sqrt(share @ (grid - mean) ** 2)
            assert at.masked == pytest.approx(mean, abs=0.01)
            assert (at.high - at.low) / 2 == pytest.approx(std, abs=0.01)
        dots = table[table.kind == "point"]
        np.testing.assert_allclose(
            dots.masked, points["test"][0, :300, hidden], rtol=1e-3, atol=1e-3
        )
    rows = pd.DataFrame(known["rows"]).groupby(["of", "by"]).r2.apply(list)
    assert rows["x₁, default recipe", "prediction"] == [0.8, 0.9]  # the members
    assert rows["x₂, as published", "prediction"] == [0.7]  # their mean, where they were not kept
    assert rows["x₁, default recipe", "exact mean"] == [0.95]


def test_there_is_no_chart_of_experts_where_no_method_has_any():
    assert transfers(pd.DataFrame(columns=["recipe", "measure", "mean"])) == []
