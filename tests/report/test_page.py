"""The page as a file: whole, safe, the same each time, and made without torch."""

import base64
import json
import re
import shutil
import subprocess
import sys
import zlib
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from jepatlas.common.base.parameters import InputError
from jepatlas.common.learning.training import Trained, restore
from jepatlas.common.reporting import packing
from jepatlas.mixture.learning import method as methods
from jepatlas.mixture.learning.fitting import initial
from jepatlas.mixture.measuring.evaluation import _grid
from jepatlas.mixture.reporting import page as explorer
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import Landscape
from jepatlas.mixture.truth.world import World
from jepatlas.noisy_tv.reporting import page as noisy_tv
from jepatlas.report.page.assemble import fill
from jepatlas.report.page.claims import rows
from jepatlas.report.page.inputs import gather
from stages import report
from tests import project
from tests.report import made

METHODS = list(explorer.LABELS)
PLANE = Landscape(x=(-10, 10), y=(-5, 15), resolution=10, frames=2)


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
    assert len(text.encode()) < 8e6
    report.main()
    assert page_file.read_text(encoding="utf-8") == text


def test_it_refers_to_nothing_outside(text, elements):
    places = [a[k] for _, a in elements for k in ("src", "href", "action", "data") if k in a]
    assert places
    assert all(place.startswith(("#", "data:")) for place in places)
    style = text[text.index("<style>") : text.index("</style>")]
    assert re.findall(r"url\((?!data:)", style) == []
    assert "@import" not in style


def test_what_files_hold_is_never_read_as_html(text, elements):
    tags = [tag for tag, _ in elements]
    assert tags.count("script") == 3  # data, library, the page's own
    assert "img" not in tags
    assert not any(name.startswith("on") for _, found in elements for name in found)
    assert "&lt;/script&gt;" in text  # the text is there, as text
    ids = [found["id"] for _, found in elements if "id" in found]
    assert f"claim-{made.EVIL}" in ids  # in one piece: it broke out of no attribute
    assert len(ids) == len(set(ids))


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
    assert rows([]) == ""


def test_parameters_and_data_set_are_named(text):
    assert "the digits of scikit-learn" in text
    assert "barlow_twins:" in text


def test_neither_page_nor_stage_imports_torch():
    code = "import sys, stages.report; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=project.ROOT, check=True)


@pytest.mark.parametrize(
    ("file", "lacks"),
    [
        ("metrics/claims.json", None),
        ("data/mixture/trained/dsm.safetensors", None),
        ("data/mixture/points.npz", "test"),
        ("data/noisy_tv/drawn.npz", "default/true"),
        ("data/images/evaluated/lejepa.npz", "neighbours"),
        ("data/images/reconstructed/jepa.npz", "from_clean"),
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
            gather()
        assert (lacks or "no such file") in str(refusal.value)
    finally:
        shutil.copy(kept, root / file)


@pytest.mark.parametrize("damage", [b"", b"A text.", b"\x08" + bytes(7)])
def test_damaged_weights_are_named(tmp_path, damage):
    path = tmp_path / "jepa.safetensors"
    path.write_bytes(damage)
    with pytest.raises(InputError, match=r"jepa\.safetensors: damaged"):
        explorer.States(path)


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
    sheet = packing.Sheet()
    images = np.zeros((3, 28, 28), np.uint8)
    images[1, :14] = 255
    places = sheet.add(images)
    assert places == [0, 1, 0]
    assert sheet.add(images[1]) == 1
    picture = np.asarray(
        Image.open(BytesIO(base64.b64decode(sheet.png().partition(",")[2]))).convert("L")
    )
    np.testing.assert_array_equal(picture[:28, 28:56], images[1])


# The mixture: the page's arithmetic against the library's


def of_torch(name: str, step: int, world: World, x: Any, what: str) -> Any:
    """What the library says of points `[n, 2]` about the first member."""
    method = methods.load(name)
    networks = initial(method, torch.as_tensor(world.train, dtype=torch.float32), made.SEED)
    trained = Trained.load(Path(f"data/mixture/trained/{name}.safetensors"))
    restore(networks, trained.snapshots[step])
    points = torch.as_tensor(x, dtype=torch.float32).expand(made.MEMBERS, -1, -1)
    with torch.no_grad():
        found: Any = getattr(method, what)(networks, points)[0].double().numpy()
    return found


@pytest.mark.parametrize("name", METHODS)
def test_networks_are_those_of_the_library(root, world, name):
    states = explorer.States(root / f"data/mixture/trained/{name}.safetensors")
    x = world.test[:50].astype(np.float32)
    step = states.steps[-1]
    if isinstance(methods.load(name), methods.ScoreMatching):
        expected = of_torch(name, step, world, x, "energy")
        np.testing.assert_allclose(states.energy(step, x), expected, rtol=1e-4, atol=1e-4)
        return
    part = "average" if states.has("average.0.mean") else "online"
    for of, what in (("online", "embed"), (part, "embed_reference")):
        expected = of_torch(name, step, world, x, what)
        np.testing.assert_allclose(states.embedding(step, of, x), expected, rtol=1e-3, atol=1e-4)


def test_the_grid_is_the_librarys():
    expected = _grid(PLANE, explorer.SIDE).reshape(-1, 2)
    np.testing.assert_allclose(explorer.plane_points(PLANE), expected, atol=1e-6)


def test_few_coordinates_hold_the_unit_vectors():
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 64))
    u = (flat / np.linalg.norm(flat, axis=1, keepdims=True)).astype(np.float32)
    found = explorer.principal(u)
    assert found.shape == (200, 3)
    np.testing.assert_allclose(found @ found.T, u @ u.T, atol=1e-4)
    collapsed = np.tile(u[:1], (200, 1))
    assert explorer.principal(collapsed).shape == (200, 1)
    everything = np.eye(64, dtype=np.float32)  # nothing can be left out
    assert explorer.principal(everything).shape == (64, 64)


def test_moments_go_from_the_first_to_the_last():
    steps = [0, 1, 2, 3, 4, 6, 9, 13, 19, 26, 37, 52, 72, 101, 141, 197, 274, 382, 532, 741, 1000]
    found = explorer.moments(steps)
    assert (found[0], found[-1]) == (0, 1000)
    assert len(found) <= explorer.MOMENTS
    assert set(found) <= set(steps)
    assert explorer.moments([0, 1]) == [0, 1]


def test_collapse_is_told_apart(data):
    spreads = {m["name"]: m["states"][-1]["spread"] for m in data["explorer"]["methods"]}
    assert spreads["dsm"] is None
    assert spreads["jepa"] < spreads["contrastive"]


def test_contours_hold_what_they_say():
    mixture = Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    points, _ = mixture.sample(20_000, np.random.default_rng(0))
    plane = Landscape(x=(-5, 5), y=(-5, 5), resolution=10, frames=2)
    lines = explorer.contours(mixture, points, plane)
    radii = [np.linalg.norm(line, axis=1).mean() for line in lines]
    expected = [np.sqrt(-2 * np.log(1 - held)) for held in explorer.HELD]
    np.testing.assert_allclose(radii, expected, rtol=0.03)


# The noisy TV


def test_scores_and_series(root, data):
    found = data["tv"]["recipes"]["default"]
    with np.load(root / "data/noisy_tv/drawn.npz") as drawn:
        expected = drawn["default/jepa"][..., :2]
    series = found["series"]["jepa"]
    back = np.frombuffer(inflated(series["values"]), "<i2") * series["step"]
    np.testing.assert_allclose(back.reshape(expected.shape), expected, atol=series["step"])
    assert found["scales"] == list(made.SCALES)
    assert len(data["tv"]["scores"]) == 2 * len(made.SCALES) * (1 + len(noisy_tv.LABELS))


def test_a_model_of_ones_own_has_a_name_and_a_colour():
    limit, mine = noisy_tv.models(["my_model"])
    assert (limit["name"], mine["label"]) == ("kalman", "my model")
    assert mine["colour"] == "#888888"
    assert not mine["shown"]


# The digits


def test_digits(data):
    found = data["digits"]
    assert len(found["originals"]) == len(found["shown"]) == 100
    method = found["methods"][1]
    assert np.shape(method["perturbed"]) == (100, 7)
    assert np.shape(method["neighbours"]) == np.shape(method["neighbour_labels"]) == (100, 5)
    assert method["numbers"][0] == ["k-NN accuracy", "98.8 ± 1.2 %"]
    assert method["numbers"][3] == ["PSNR from perturbed", "20.25 ± 0.50 dB"]
    labels = np.frombuffer(inflated(found["labels"]), np.uint8)
    assert len(np.frombuffer(inflated(method["map"]), "<u2")) == 2 * len(labels)
    assert method["from_clean"] == found["originals"]  # made so, and each image is there once
