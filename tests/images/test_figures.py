"""The pictures: what they show, of which data, and that they are written whole."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from jepatlas.images.drawing import examples, maps
from jepatlas.images.drawing import scores as scored
from jepatlas.images.drawing.album import Album, Entry, colours
from jepatlas.images.truth.world import Images

KINDS = ("affine", "erosion", "dilation", "inversion", "salt_and_pepper", "gaussian", "all")
N = 120


def summary(mean, half=0.01):
    return {"mean": mean, "ci95": half}


def scores(mse):
    return {"mse": summary(mse), "psnr": summary(20.0), "ssim": summary(0.8)}


def entry(name: str, seed: int) -> Entry:
    rng = np.random.default_rng(seed)
    shown = np.arange(100)
    pixels = {
        key: rng.integers(256, size=(100, 28, 28)).astype(np.uint8)
        for key in ("from_perturbed", "from_clean")
    }
    evaluated: dict[str, Any] = {
        "map": rng.normal(size=(N, 2)),
        "map_share": np.array([0.3, 0.2]),
        "maps": rng.normal(size=(3, 50, 2)),
        "map_epochs": np.array([0, 2, 9]),
        "predicted": LABELS.copy(),
        "shown": shown,
        "neighbours": np.repeat(shown[:, None], 5, axis=1),  # train labels are the test labels
        "kinds": np.array(KINDS),
        "perturbed": rng.integers(256, size=(7, 100, 28, 28)).astype(np.uint8),
    }
    embedding = {
        "knn": {"accuracy": summary(0.98)},
        "knn_perturbed": {kind: summary(0.9 - 0.01 * k) for k, kind in enumerate(KINDS)},
    }
    references = {
        "mean_image": scores(0.067),
        "class_mean_image": scores(0.052),
        "perturbed_input": scores(0.25),
    }
    reconstruction = {"perturbed": scores(0.041), "clean": scores(0.02), "references": references}
    measured = {**embedding, "reconstruction": reconstruction}
    return Entry(name, {**pixels, **evaluated}, measured)


LABELS = np.repeat(np.arange(10), 12).astype(np.uint16)


@pytest.fixture
def album():
    # Shown are the first 100: ten or twelve of the digits 0 to 8.
    rng = np.random.default_rng(0)
    images = rng.integers(256, size=(N, 28, 28)).astype(np.uint8)
    entries = [entry("jepa", 1), entry("my_own", 2)]
    classes = tuple("0123456789")
    return Album(Images("mnist", "MNIST", classes, images, LABELS, images, LABELS), entries)


def texts(page: Figure) -> str:
    found = [text.get_text() for text in page.texts]
    for axes in page.axes:
        found += [axes.get_title(), axes.get_xlabel(), *(t.get_text() for t in axes.texts)]
        legend = axes.get_legend()
        found += [] if legend is None else [text.get_text() for text in legend.texts]
    return "\n".join(found)


PAGES = (
    examples.perturbations,
    maps.maps,
    examples.neighbours,
    examples.reconstructions,
    scored.robustness,
    scored.confusions,
)


@pytest.mark.parametrize("draw", PAGES, ids=lambda draw: draw.__name__)
@pytest.mark.parametrize("title", ["MNIST", "the digits of scikit-learn", "images of mine"])
def test_every_picture_names_its_data_and_draws(album, draw, title):
    page = draw(Album(replace(album.images, title=title), album.entries))
    assert title[1:] in texts(page)
    page.canvas.draw()
    assert all(text.get_window_extent().x1 < page.bbox.x1 for text in page.texts)


@pytest.mark.parametrize("draw", PAGES[1:], ids=lambda draw: draw.__name__)
def test_every_method_is_named_as_people_write_it(album, draw):
    found = texts(draw(album))
    assert "JEPA" in found
    assert "my own" in found


def test_a_neighbour_of_another_digit_is_framed(album):
    other = album.entries[0].arrays["neighbours"]
    other[album.rows[2], 1] = 119  # a 9 beside the first 2
    page = examples.neighbours(album)
    frames = [patch for axes in page.axes for patch in axes.patches]
    assert len(frames) == 1
    assert isinstance(frames[0], Rectangle)
    assert (int(frames[0].get_x()), int(frames[0].get_y())) == (1, 2)


def test_confusions_counts_what_was_taken_for_what(album):
    album.entries[0].arrays["predicted"][:3] = 6  # three zeros taken for a six
    page = scored.confusions(album)
    assert page.axes[0].get_title() == "JEPA: 3 of 120 wrong"
    assert page.axes[1].get_title() == "my own: 0 of 120 wrong"
    cells = {t.get_position(): t.get_text() for t in page.axes[0].texts}
    assert cells[(6, 0)] == "3"
    assert cells[(0, 0)] == "9"


def test_robustness_draws_means_and_intervals(album):
    axes = scored.robustness(album).axes[0]
    means = [
        0.98,
        *(value["mean"] for value in album.entries[0].measured["knn_perturbed"].values()),
    ]
    assert axes.lines[0].get_xdata() == pytest.approx(means)
    (low, _), (high, _) = axes.collections[0].get_segments()[0]
    assert (low, high) == pytest.approx((0.97, 0.99))


def test_the_animation_moves_from_the_first_map_to_the_last_and_pauses(album):
    frames = list(maps.training(album))
    assert len(frames) == maps.BETWEEN * 2 + 1 + maps.PAUSE
    assert all(frame.shape == frames[0].shape for frame in frames)
    assert (frames[0] != frames[1]).any()
    np.testing.assert_array_equal(frames[-1], frames[-2])


def test_reconstructions_show_their_errors(album):
    found = texts(examples.reconstructions(album))
    for number in ("0.0410", "0.0200", "0.0670", "0.0520", "0.2500"):
        assert number in found


@pytest.mark.parametrize(("count", "shape"), [(3, (17, 40)), (12, (64, 64))])
def test_any_number_of_classes_and_any_size(count, shape):
    rng = np.random.default_rng(0)
    labels = (np.arange(N) % count).astype(np.uint16)
    images = rng.integers(256, size=(N, *shape)).astype(np.uint8)
    names = tuple(f"class {k}" for k in range(count))
    one = entry("jepa", 1)
    small = rng.integers(256, size=(100, *shape)).astype(np.uint8)
    arrays = one.arrays | {"predicted": labels, "from_perturbed": small, "from_clean": small}
    arrays |= {"perturbed": np.stack([small] * 7)}
    world = Images("own", "images of mine", names, images, labels, images, labels)
    album = Album(world, [Entry("jepa", arrays, one.measured)])
    for draw in PAGES:
        draw(album).canvas.draw()
    assert len(list(maps.training(album))) > 1
    assert len({tuple(colour) for colour in colours(count)}) == count
