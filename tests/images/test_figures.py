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
        "curve_loss": np.zeros((9, 1)),
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


def made_up(
    methods: int, classes: int, shape: tuple[int, int], names: tuple[str, ...] = ()
) -> Album:
    """Of so many methods, classes and pixels."""
    rng = np.random.default_rng(0)
    n = max(N, 3 * classes)
    labels = (np.arange(n) % classes).astype(np.uint16)
    images = rng.integers(256, size=(n, *shape)).astype(np.uint8)
    shown = np.arange(max(100 // classes, 1) * classes)
    small = images[shown]
    arrays = {"predicted": labels, "from_perturbed": small, "from_clean": small, "shown": shown}
    arrays |= {"perturbed": np.stack([small] * 7), "map": rng.normal(size=(n, 2))}
    arrays |= {"neighbours": np.repeat(shown[:, None], 5, axis=1)}
    one = entry("jepa", 1)
    called = ["jepa", *(f"a_method_of_mine_{k}" for k in range(1, methods))]
    entries = [Entry(name, one.arrays | arrays, one.measured) for name in called]
    names = names or tuple(f"class {k}" for k in range(classes))
    return Album(Images("own", "images of mine", names, images, labels, images, labels), entries)


def outside(page: Figure) -> list[str]:
    """Texts that the edge of the page cuts off."""
    page.canvas.draw()
    found = list(page.texts)
    for axes in page.axes:
        found += axes.texts
        if axes.axison:
            found += [axes.title, *axes.get_xticklabels(), *axes.get_yticklabels()]
        if legend := axes.get_legend():
            found += legend.texts
    boxes = [(text.get_text(), text.get_window_extent()) for text in found if text.get_text()]
    return [
        text
        for text, box in boxes
        if box.x0 < 0 or box.y0 < 0 or box.x1 > page.bbox.x1 or box.y1 > page.bbox.y1
    ]


@pytest.mark.parametrize("draw", PAGES, ids=lambda draw: draw.__name__)
@pytest.mark.parametrize(
    ("methods", "classes", "shape"),
    [(1, 3, (17, 40)), (1, 47, (40, 17)), (2, 12, (64, 64)), (7, 3, (17, 40)), (7, 47, (40, 17))],
)
def test_any_number_of_methods_and_classes_and_any_size_has_room(draw, methods, classes, shape):
    page = draw(made_up(methods, classes, shape))
    assert outside(page) == []
    said = texts(page)
    if draw is not examples.perturbations:
        assert all(f"a method of mine {k}" in said for k in range(1, methods))


@pytest.mark.parametrize("classes", [2, 3, 10, 12, 47, 300])
def test_every_class_has_a_colour_of_its_own(classes):
    assert len({tuple(colour) for colour in colours(classes)}) == classes


@pytest.mark.parametrize("methods", [1, 7])
def test_what_belongs_to_one_perturbation_stays_beside_its_name(methods):
    axes = scored.robustness(made_up(methods, 3, (28, 28))).axes[0]
    for line in axes.lines[:methods]:
        assert (np.abs(line.get_ydata() - np.arange(8)) < 0.5).all()


@pytest.mark.parametrize("shape", [(28, 28), (17, 40), (64, 8)])
@pytest.mark.parametrize("draw", [examples.perturbations, examples.neighbours])
def test_images_keep_their_proportions(draw, shape):
    page = draw(made_up(2, 3, shape))
    for axes in page.axes:
        box, drawn = axes.get_window_extent(), axes.images[0].get_extent()
        columns, rows = drawn[1], drawn[2]
        assert (box.height / rows) / (box.width / columns) == pytest.approx(shape[0] / shape[1])


def test_names_may_hold_dollars_and_be_long():
    """A pair of dollars is the beginning and the end of a formula for matplotlib."""
    names = ("a$b$", r"$\x$", "a name that is much too long to be written, 1")
    album = made_up(2, 3, (28, 28), names)
    for draw in PAGES:
        assert outside(draw(album)) == []
    (labels,) = {tuple(t.get_text() for t in a.get_yticklabels()) for a in
                 scored.confusions(album).axes}  # fmt: skip
    assert [text.replace(r"\$", "$") for text in labels[:2]] == list(names[:2])
    assert labels[2].endswith("itten, 1")
    assert len(list(maps.training(album))) > 1


def test_what_intervals_are_over_and_whose_map_it_is(album):
    assert "intervals over the test images" in texts(scored.robustness(album))
    assert "The first of" not in texts(maps.maps(album))
    several = {"curve_loss": np.zeros((9, 3))}
    entries = [Entry(e.name, e.arrays | several, e.measured) for e in album.entries]
    album = Album(album.images, entries)
    assert "intervals over 3 members" in texts(scored.robustness(album))
    for draw in (maps.maps, examples.neighbours, examples.reconstructions, scored.confusions):
        assert "The first of 3 members." in texts(draw(album))
        assert outside(draw(album)) == []
