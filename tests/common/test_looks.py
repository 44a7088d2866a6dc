"""One look for each method, in all tracks, pictures and charts."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from matplotlib.colors import to_rgb

from jepatlas.common.base.parameters import value
from jepatlas.common.drawing.looks import COLOURS, KNOWN, VEGA_DASHES, looks, places
from jepatlas.common.drawing.style import CATEGORIES, figure, head, place, save_both
from jepatlas.images.drawing.album import CLASSES

TRACKS = ("mixture", "noisy_tv", "hidden_causes", "images")


def contrast_on_white(colour):
    """As the Web Content Accessibility Guidelines define it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    luminance = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)


@pytest.mark.parametrize("colour", sorted({*CATEGORIES, *CLASSES}))
def test_every_colour_can_be_seen_on_white(colour):
    assert contrast_on_white(colour) >= 3


@pytest.mark.parametrize("track", TRACKS)
def test_no_two_methods_of_a_track_look_the_same_and_each_as_elsewhere(track):
    names = list(value(f"{track}.methods"))
    found = places(names)
    assert len(set(found.values())) == len(names)
    assert {name: KNOWN.get(name) for name in names} == found


def test_own_methods_take_what_is_free():
    names = ["jepa", "mine", "vicreg", "yours"]
    found = looks(names)
    assert len({(look["color"], look["linestyle"]) for look in found.values()}) == 4
    assert found["jepa"] == looks(["jepa"])["jepa"]
    assert found["vicreg"] == looks(["vicreg"])["vicreg"]


@pytest.mark.parametrize("file", sorted(Path(".dvc/plots").glob("*.json")), ids=lambda f: f.stem)
def test_charts_of_dvc_have_the_same_looks(file):
    text = file.read_text(encoding="utf-8")
    assert "scheme" not in text
    chart = json.loads(text)
    for layer in chart.get("spec", chart)["layer"]:
        for channel, known in (("color", COLOURS), ("strokeDash", VEGA_DASHES)):
            scale = layer["encoding"].get(channel, {}).get("scale", {})
            for name, look in zip(scale.get("domain", []), scale.get("range", []), strict=False):
                if name in KNOWN:
                    dash, colour = KNOWN[name]
                    assert look == known[colour if channel == "color" else dash]


def test_papers_get_the_same_bytes_each_time_and_no_title(tmp_path):
    written = []
    for number in range(2):
        page = figure(3, 3)
        head(page, "A title", "A line.", "A note.")
        axes = place(page, 0.5, 1, 2, 1.5)
        axes.plot([0, 1], [0, 1])
        axes.set_xlabel("a name")
        save_both(page, tmp_path, str(number))
        written.append((tmp_path / f"papers/{number}.svg").read_bytes())
    assert all(a == b for a, b in pairwise(written))
    assert b"a name" in written[0]
    assert b"A title" not in written[0]
    assert b"A note" not in written[0]
