"""Every picture from small made-up worlds: what is drawn, on which scale, under which names."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from matplotlib.quiver import Quiver
from PIL import Image

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import InputError
from jepatlas.common.drawing import style
from jepatlas.common.measuring import measures
from jepatlas.common.measuring.statistics import summary
from jepatlas.mixture.drawing import album, landscape, maps, score, sheet, tables
from jepatlas.mixture.drawing.maps import Plane, Scene
from jepatlas.mixture.drawing.sheet import Entry
from stages.mixture import figures as script

ROOT = Path(__file__).parents[2]
SIDE, MEMBERS, FRAMES = 40, 4, 6
SCENE = Scene(
    plane=Plane((-10, 10), (-5, 15)),
    members=MEMBERS,
    collapsed=0.01,
    langevin_steps=500,
)


def grid(side):
    x, y = np.linspace(*SCENE.plane.x, side), np.linspace(*SCENE.plane.y, side)
    return np.stack(np.meshgrid(x, y), axis=-1)


def summarised(value, half_width=0.01):
    return {"mean": value, "ci95": half_width, "min": value, "max": value}


def embedding(name="contrastive", components=2, spread=0.5, depth=1.9, recipe="default"):
    """Landscapes with a well of the given depth around each reference."""
    rng = np.random.default_rng(components)
    means = rng.uniform(-4, 4, (components, 2))
    tour = np.linspace(means[0], means[1], FRAMES)

    def landscapes(references):
        distance = ((grid(SIDE) - references[:, None, None]) ** 2).sum(-1)
        return (-1 + depth * (1 - np.exp(-distance / 8))).astype(np.float32)

    steps = np.array([0, 1, 3, 10, 30, 100])
    arrays = {
        "points": rng.normal(size=(300, 2)),
        "steps": steps[1:],
        "losses": rng.normal(size=(5, MEMBERS)).astype(np.float32),
        "snapshot_steps": steps,
        "spread": spread * rng.uniform(0.9, 1.1, (6, MEMBERS)),
        "effective_rank": rng.uniform(2, 5, (6, MEMBERS)),
        "means_references": means,
        "means_landscapes": landscapes(means),
        "tour_references": tour,
        "tour_landscapes": landscapes(tour),
    }
    metrics = {
        "collapse": {"spread": summarised(spread), "effective_rank": summarised(3.0)},
        "landscape": {"auroc": summarised(0.987), "depth": summarised(1.2)},
    }
    return Entry(name, recipe, arrays, metrics)


def score_method(name="dsm", lowest=2.0):
    """A single Gaussian well; the learned energy is half a nat off."""
    rng = np.random.default_rng(1)
    energy = lowest + (grid(SIDE) ** 2).sum(-1) / 4
    arrows = grid(11)
    arrays = {
        "steps": np.arange(1, 6),
        "losses": -np.ones((5, MEMBERS)),
        "energy": energy + 0.5,
        "exact_energy": energy,
        "arrows": arrows,
        "score": -arrows / 2.2,
        "exact_score": -arrows / 2,
        "unadjusted_path": 2 * rng.normal(size=(FRAMES, 400, 2)),
        "adjusted_path": 2 * rng.normal(size=(FRAMES, 400, 2)),
        "exact_samples": 2 * rng.normal(size=(400, 2)),
    }
    sampling = {
        kind: {"sliced_wasserstein": summarised(0.25), "of_exact": summarised(1.23)}
        for kind in ("exact", "unadjusted", "adjusted")
    }
    metrics = {
        "score": {"fisher_error": summarised(0.00217), "energy_correlation": summarised(0.998)},
        "sampling": sampling,
    }
    return Entry(name, "default", arrays, metrics)


def figure_of(entry, scene=SCENE):
    module = score if "energy" in entry.arrays else landscape
    return module.figure(entry.name, entry.arrays, entry.metrics, scene)


def maps_of(page):
    """The axes with a map, from top left to bottom right; colour bars have none."""
    return [axes for axes in page.axes if axes.images]


def limits(axes):
    (image,) = axes.images
    return image.norm.vmin, image.norm.vmax


def texts(page):
    """Everything that is written on a figure."""
    of_axes = [
        text
        for axes in page.axes
        for text in (
            *(axes.get_title(loc=place) for place in ("left", "center", "right")),
            axes.get_xlabel(),
            axes.get_ylabel(),
        )
    ]
    return [text.get_text() for text in page.texts] + of_axes


def overlapping(page):
    """Pairs of texts of the figure, titles and axis names that lie over each other."""
    page.draw_without_rendering()
    boxes = []
    for axes in page.axes:
        boxes += [axes.title, axes.xaxis.label, axes.yaxis.label]
    visible = [text for text in (*page.texts, *boxes) if text.get_text() and text.get_visible()]
    extents = [(text.get_text(), text.get_window_extent()) for text in visible]
    return [
        (first, second)
        for number, (first, box) in enumerate(extents)
        for second, other in extents[:number]
        if box.overlaps(other)
    ]


@pytest.fixture(scope="module")
def landscape_page():
    return figure_of(embedding("jepa_masked"))


@pytest.fixture(scope="module")
def score_page():
    return figure_of(score_method("my_score"))


# Landscapes


@pytest.mark.parametrize("components", [2, 5])
def test_landscapes_on_the_common_scale_and_each_on_its_own(components):
    entry = embedding(components=components)
    page = figure_of(entry)
    drawn = maps_of(page)
    assert len(drawn) == 2 * components
    for column, energy in enumerate(entry.arrays["means_landscapes"]):
        common, own = drawn[2 * column : 2 * column + 2]
        assert limits(common) == (-1, 1)
        assert limits(own) == (energy.min(), energy.max())
        np.testing.assert_array_equal(common.images[0].get_array(), energy)
        np.testing.assert_array_equal(own.images[0].get_array(), energy)
        star = common.collections[-1]
        np.testing.assert_allclose(star.get_offsets(), entry.arrays["means_references"][[column]])
    assert not overlapping(page)


def test_a_landscape_lies_on_the_plane_that_it_was_computed_on(landscape_page):
    axes = maps_of(landscape_page)[0]
    assert (axes.get_xlim(), axes.get_ylim()) == ((-10, 10), (-5, 15))
    left, right, bottom, top = axes.images[0].get_extent()
    pixel = 20 / (SIDE - 1)
    np.testing.assert_allclose([left, right], [-10 - pixel / 2, 10 + pixel / 2])
    np.testing.assert_allclose([bottom, top], [-5 - pixel / 2, 15 + pixel / 2])
    assert axes.images[0].origin == "lower"


def test_the_figure_says_what_it_shows(landscape_page):
    written = texts(landscape_page)
    for expected in ("jepa masked", "$x_1$", "$x_2$", "training step", "spread", maps.ENERGY):
        assert expected in written
    everything = "\n".join(written)
    for expected in ("the first of 4 networks", "AUROC 0.987", "held-out points", "effective rank"):
        assert expected in everything


def test_a_collapsed_landscape_is_flat_above_and_shows_what_is_left_below():
    entry = embedding(spread=1e-5, depth=1e-4)
    page = figure_of(entry)
    common, own = maps_of(page)[:2]
    assert limits(common) == (-1, 1)
    low, high = limits(own)
    assert high - low < 1.1e-4
    assert any("1 + $" in text for text in texts(page))  # -1 + 1.0e-4


def test_a_complete_collapse_is_drawn_too():
    page = figure_of(embedding(spread=0, depth=0))
    page.draw_without_rendering()
    low, high = limits(maps_of(page)[1])
    assert low < high


def test_the_threshold_of_collapse_is_drawn():
    page = figure_of(embedding(), replace(SCENE, collapsed=0.02))
    (axes,) = (axes for axes in page.axes if axes.get_ylabel() == "spread")
    heights = [set(line.get_ydata()) for line in axes.lines]
    assert {0.02} in heights
    mean = embedding().arrays["spread"].mean(1)
    np.testing.assert_allclose(axes.lines[0].get_ydata(), mean)
    assert axes.get_yscale() == "log"


def test_more_components_than_fit_are_told():
    page = figure_of(embedding(components=7))
    assert len(maps_of(page)) == 2 * maps.REFERENCES
    assert any("6 of 7 means" in text for text in texts(page))


def test_the_animation_tours_the_references():
    entry = embedding()
    frames = np.stack(list(landscape.frames(entry.name, entry.arrays, SCENE)))
    assert len(frames) == FRAMES
    assert frames.dtype == np.uint8
    star = (frames == np.array([255, 90, 54])).all(-1)  # [frames, height, width]
    where = np.array([np.argwhere(frame).mean(axis=0) for frame in star])  # row, column
    moved = np.diff(entry.arrays["tour_references"], axis=0)[:, ::-1] * [-1, 1]
    scale = np.diff(where, axis=0) / moved  # pixels per unit
    np.testing.assert_allclose(scale, 275 / 20, rtol=0.25)


def on_circle(angles):
    return np.stack([np.cos(angles), np.sin(angles)])  # [2, side, side]


def test_the_animation_of_a_collapse_shows_the_energies_that_deviations_stand_for(monkeypatch):
    """Of embeddings on a circle, seen from another encoder at first and from their own at last."""
    entry, side, step = embedding(spread=1e-5), 9, 1e-4
    x, y = np.moveaxis(grid(side), -1, 0)
    online, target = [0.2 * x + 0.1 * y, 0.01 * y], [0.15 * x - 0.2, 0.01 * y]
    kept = {"field_steps": np.array([0, 100]), "field_side": np.array(side)}
    for moment in range(2):
        u, v = on_circle(online[moment]), on_circle(target[moment])
        means = [part.mean((1, 2), keepdims=True) for part in (u, v)]
        deviations = [np.round((u - means[0]) / step), np.round((v - means[1]) / step)]
        kept[f"field_{moment}"] = deviations[0].astype(np.int16)
        if moment == 0:
            kept["target_0"] = deviations[1].astype(np.int16)
        kept[f"step_{moment}"] = np.full(2, step)
        kept[f"offset_{moment}"] = (means[0] - means[1]).reshape(2)
    distance = ((grid(side) - entry.arrays["means_references"][0]) ** 2).sum(-1)
    star = np.unravel_index(distance.argmin(), distance.shape)
    expected = [-np.cos(f - g[star]) for f, g in zip(online, target, strict=True)]

    drawn, draw_map = [], maps.draw_map
    monkeypatch.setattr(
        maps, "draw_map", lambda *args, **named: drawn.append(draw_map(*args, **named)) or drawn[-1]
    )
    shown = [drawn[0].get_array() for _ in landscape.frames(entry.name, entry.arrays | kept, SCENE)]
    at = [int(np.abs(energy - expected[0]).max() > 0.01) for energy in shown]
    assert at == sorted(at)
    assert set(at) == {0, 1}
    for moment, energy in zip(at, shown, strict=True):
        np.testing.assert_allclose(energy, expected[moment], atol=5 * step)


# Scores


def test_energies_are_compared_on_one_scale_that_ends_12_nats_up(score_page):
    learned, exact = maps_of(score_page)
    assert (
        limits(learned) == limits(exact) == (pytest.approx(2, abs=0.1), pytest.approx(14, abs=0.1))
    )
    assert any("clipped at 14" in text for text in texts(score_page))
    assert not overlapping(score_page)


def test_arrows_are_drawn_where_there_are_data(score_page):
    entry = score_method()
    exact, learned = (
        artist
        for axes in score_page.axes
        for artist in axes.collections
        if isinstance(artist, Quiver)
    )
    arrows = entry.arrays["arrows"].reshape(-1, 2)
    energy = entry.arrays["exact_energy"].min() + (arrows**2).sum(-1) / 4
    assert 0 < exact.N == learned.N < len(arrows)
    near = (energy < 2 + 9).sum(), (energy < 2 + 15).sum()  # the grids differ by half a cell
    assert near[0] <= exact.N <= near[1]
    np.testing.assert_allclose(exact.U, -exact.X / 2)
    np.testing.assert_allclose(learned.V, exact.Y / 2 - exact.Y / 2.2)
    np.testing.assert_allclose(learned.Y, exact.Y + exact.V / score.ARROWS)  # from tip to tip


def test_samples_are_those_at_the_end_of_the_chains(score_page):
    entry = score_method()
    drawn = {
        axes.get_title().splitlines()[0]: axes.collections[-1].get_offsets()
        for axes in score_page.axes
        if "samples" in axes.get_title()
    }
    np.testing.assert_allclose(
        drawn["Langevin samples, adjusted"], entry.arrays["adjusted_path"][-1]
    )
    np.testing.assert_allclose(drawn["exact samples"], entry.arrays["exact_samples"])


def test_the_score_figure_says_what_it_shows(score_page):
    everything = "\n".join(texts(score_page))
    for expected in ("my score", "$x_1$", "$x_2$", "0.00217", "0.998", "1.23", "0.25", "nats"):
        assert expected in everything


def test_the_animation_of_chains_moves_the_dots_only():
    entry = score_method()
    frames = np.stack(list(score.frames(entry.name, entry.arrays, SCENE)))
    assert len(frames) == FRAMES
    changed = (frames[0] != frames[-1]).any(-1)
    assert 0 < changed.mean() < 0.2


# The sheet


@pytest.mark.parametrize(
    ("embeddings", "scores", "components"), [(1, 0, 3), (0, 1, 3), (2, 2, 3), (9, 1, 2)]
)
def test_the_sheet_takes_any_number_of_methods(embeddings, scores, components):
    entries = [embedding(f"method_{number}", components) for number in range(embeddings)]
    entries += [score_method(f"score_{number}") for number in range(scores)]
    page = sheet.figure(entries, SCENE)
    energies = scores + 1 if scores else 0
    drawn = maps_of(page)
    assert len(drawn) == embeddings * components + energies
    assert {limits(axes) for axes in drawn[: embeddings * components]} <= {(-1, 1)}
    assert len({limits(axes) for axes in drawn[embeddings * components :]}) <= 1
    for entry in entries:
        assert maps.title(entry.name) in texts(page)
    widths = {round(axes.get_position().width, 9) for axes in drawn[: embeddings * components]}
    assert len(widths) <= 1
    assert not overlapping(page)


def test_an_optimum_has_a_column_of_its_own_once():
    """Nats go from -1 to 1, a cosine stays as it is."""
    entries = [embedding(name) for name in ("a", "b", "c")]
    own = entries[0].arrays["means_landscapes"]
    titles = {"a": ("nats", 7 * own + 3), "b": ("nats", own), "c": ("cosines", own)}
    for entry in entries:
        title, landscapes = titles[entry.name]
        entry.arrays.update(optimum_title=np.array(title), optimum_landscapes=landscapes)
    page = sheet.figure(entries, SCENE)
    drawn = maps_of(page)
    assert len(drawn) == 5 * 2  # column by column
    nats, cosines = (drawn[column].images[0].get_array() for column in (6, 8))
    assert (nats.min(), nats.max()) == (pytest.approx(-1), pytest.approx(1))
    np.testing.assert_array_equal(cosines, own[0])
    assert np.corrcoef(nats.ravel(), own[0].ravel())[0, 1] == pytest.approx(1)
    assert {"exact: nats", "exact: cosines"} <= set(texts(page))
    assert "from a floor" in "\n".join(texts(page))
    assert not overlapping(page)


def test_each_method_has_the_components_and_the_points_of_its_own_mixture():
    entries = [embedding("a", 3), embedding("b", 2)]
    first, *_ = drawn = maps_of(sheet.figure(entries, SCENE))
    assert len(drawn) == 3 + 2
    last = drawn[-1]
    for axes, entry, row in ((first, entries[0], 0), (last, entries[1], 1)):
        dots, star = axes.collections[-2:]
        np.testing.assert_allclose(star.get_offsets(), entry.arrays["means_references"][[row]])
        np.testing.assert_allclose(dots.get_offsets(), entry.arrays["points"][:150])


def test_the_sheet_says_which_recipe_it_is_of():
    for recipe, words in {"default": "the default recipe", "as_published": "published"}.items():
        page = sheet.figure([embedding(recipe=recipe)], SCENE)
        assert any(text.endswith(words) for text in texts(page))


def test_columns_stand_in_the_order_of_the_methods_and_a_collapse_is_red():
    entries = [embedding("b", spread=0.5), embedding("a", spread=1e-5)]
    page = sheet.figure(entries, SCENE)
    places = {text.get_text(): text.get_position()[0] for text in page.texts}
    assert places["b"] < places["a"]
    colours = {text.get_text(): text.get_color() for text in page.texts}
    assert colours["spread 0.5"] == style.INK
    assert colours[r"spread $1.0 \cdot 10^{-5}$"] == style.ALARM


def test_methods_of_different_sigma_have_exact_energies_of_their_own():
    entries = [score_method("a"), score_method("b"), score_method("c", lowest=3.0)]
    names = [
        entry.name if isinstance(entry, Entry) else "exact" for entry in sheet.with_exact(entries)
    ]
    assert names == ["a", "b", "exact", "c", "exact"]


@pytest.mark.parametrize("count", range(12))
def test_rows_are_even(count):
    rows = sheet.rows(list(range(count)), 4)
    assert list(chain(*rows)) == list(range(count))
    lengths = [len(row) for row in rows]
    assert not lengths or (max(lengths) <= 4 and max(lengths) - min(lengths) <= 1)


# Words


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, "0.5"),
        (-5.0, "\N{MINUS SIGN}5"),
        (0.0, "0"),
        (2.46e-5, r"$2.5 \cdot 10^{-5}$"),
        (1.0, "1"),
        (None, "?"),
    ],
)
def test_numbers(value, expected):
    assert maps.number(value) == expected


def test_one_member_has_no_interval():
    assert maps.mean(summarised(0.5, None)) == "0.5"
    assert maps.mean(summarised(0.5, 0.01)) == r"0.5 $\pm$ 0.01"


# Plot data


def test_training_curves_have_a_row_for_each_method_and_step():
    entries = [embedding("contrastive"), score_method("dsm")]
    table = tables.training(entries)
    assert list(table.columns) == ["method", "recipe", "step", "loss", "low", "high"]
    assert table.method.tolist() == ["contrastive"] * 5 + ["dsm"] * 5
    losses = entries[0].arrays["losses"]
    expected = summary(losses[2])
    row = table.iloc[2]
    assert row.step == entries[0].arrays["steps"][2]
    assert row.loss == pytest.approx(losses[2].mean(), rel=1e-6)
    assert row.high - row.loss == pytest.approx(expected["ci95"], rel=1e-6)
    assert row.loss - row.low == pytest.approx(expected["ci95"], rel=1e-6)


def test_collapse_is_a_matter_of_embeddings():
    table = tables.collapse([embedding("contrastive"), score_method("dsm")])
    assert set(table.method) == {"contrastive"}
    np.testing.assert_allclose(table.spread, embedding().arrays["spread"].mean(1))


# Files


def test_a_missing_array_or_metric_is_named(tmp_path):
    entry = embedding()
    arrays, metrics = tmp_path / "a.npz", tmp_path / "a.csv"
    np.savez(arrays, **{f"default/{key}": array for key, array in entry.arrays.items()})
    measures.table("a", {"default": entry.metrics}).to_csv(metrics, index=False)
    read = album.read("a", "default", arrays, metrics)
    np.testing.assert_array_equal(read.arrays["spread"], entry.arrays["spread"])

    some = {"default": {"collapse": {"spread": summarised(1.0)}}}
    measures.table("a", some).to_csv(metrics, index=False)
    with pytest.raises(InputError, match=r"a\.csv: lacks landscape"):
        album.read("a", "default", arrays, metrics)
    some = {f"default/{key}": array for key, array in entry.arrays.items() if key != "spread"}
    np.savez(arrays, **some)
    with pytest.raises(InputError, match=r"a\.npz: lacks spread"):
        album.read("a", "default", arrays, metrics)


def test_what_only_animations_show_is_asked_of_the_default_recipe_alone(tmp_path):
    entry = embedding()
    arrays, metrics = tmp_path / "a.npz", tmp_path / "a.csv"
    still = {key: entry.arrays[key] for key in entry.arrays if not key.startswith("tour")}
    recipes = ("as_published", "default")
    np.savez(arrays, **{f"{recipe}/{key}": still[key] for recipe in recipes for key in still})
    both = dict.fromkeys(recipes, entry.metrics)
    measures.table("a", both).to_csv(metrics, index=False)
    assert album.read("a", "as_published", arrays, metrics).recipe == "as_published"
    with pytest.raises(InputError, match=r"a\.npz: lacks tour_references"):
        album.read("a", "default", arrays, metrics)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with what the stage reads: two methods, one of which has two recipes."""
    entries = [embedding(recipe="as_published"), embedding(), score_method("dsm")]
    recipes = {"contrastive": ("as_published", "default"), "dsm": ("default",)}
    content = {
        "mixture": {
            "members": MEMBERS,
            "methods": {name: {recipe: {} for recipe in recipes[name]} for name in recipes},
            "evaluation": {"collapsed": 0.01},
            "langevin": {"steps": 500},
            "landscape": {"x": [-10, 10], "y": [-5, 15], "resolution": SIDE, "frames": FRAMES},
        }
    }
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    data = tmp_path / "data/mixture"
    (data / "measured").mkdir(parents=True)
    (data / "evaluated").mkdir()
    for entry in entries:
        arrays = {
            f"{one.recipe}/{key}": array
            for one in entries
            if one.name == entry.name
            for key, array in one.arrays.items()
        }
        np.savez(data / "evaluated" / f"{entry.name}.npz", **arrays)
        measured = dict.fromkeys(recipes[entry.name], entry.metrics)
        table = measures.table(entry.name, measured)
        table.to_csv(data / "measured" / f"{entry.name}.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_stage_draws_every_method_and_never_imports_torch(project):
    command = [sys.executable, "-X", "importtime", "-m", "stages.mixture.figures"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "src")))}
    environment["OMP_NUM_THREADS"] = "2"  # so that there are workers
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\bmatplotlib\b", done.stderr)  # the imports, those of the workers as well
    assert not re.search(r"\btorch\b", done.stderr)
    pictures = project / "plots/mixture/pictures"
    names = {"contrastive.png", "contrastive.gif", "dsm.png", "dsm.gif"}
    names |= {"sheet.png", "as_published.png"}
    assert {file.name for file in pictures.iterdir()} == names
    for name in names:
        with Image.open(pictures / name) as image:
            image.load()
            assert getattr(image, "n_frames", 1) == (FRAMES if name.endswith("gif") else 1)
            assert image.info.get("duration") == (200 if name.endswith("gif") else None)
        assert 2_000 < (pictures / name).stat().st_size < 200_000
    assert len(pd.read_csv(project / "plots/mixture/tables/training.csv")) == 15
    assert len(pd.read_csv(project / "plots/mixture/tables/collapse.csv")) == 12
    measured = pd.read_csv(project / "plots/mixture/tables/measures.csv")
    assert set(measured["method"]) == {"contrastive", "dsm"}
    assert {"as_published.landscape.auroc", "default.score.fisher_error"} <= set(
        measured["measure"]
    )


@pytest.mark.parametrize(
    "file",
    [
        "data/mixture/evaluated/contrastive.npz",
        "data/mixture/evaluated/dsm.npz",
        "data/mixture/measured/contrastive.csv",
    ],
)
@pytest.mark.parametrize("damage", ["missing", "truncated"])
def test_a_damaged_input_is_named_and_nothing_written(project, file, damage, capsys):
    path = project / file
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SystemExit) as ended:
        stage.run(script.main)
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert file in line
    assert not (project / "plots").exists()
