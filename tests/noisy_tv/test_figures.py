"""Every picture from small made-up tables: what is drawn, on which scale, under which names."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import read_arrays, write_arrays
from jepatlas.common.drawing.looks import label
from jepatlas.noisy_tv.drawing import curves, motion
from jepatlas.noisy_tv.drawing.control import control
from jepatlas.noisy_tv.drawing.looks import RECIPES, looks
from jepatlas.noisy_tv.drawing.series import predictions, series
from tests.noisy_tv.worlds import METHODS

SCALES = (0.0, 4.0, 8.0)
NAMES = [*METHODS, "my_method"]  # the last is of a user's own
LABELS = {name: label(name) for name in NAMES}


def table(models, **columns):
    """Rows for every model of both recipes and every combination of `columns`."""
    index = pd.MultiIndex.from_product(
        [RECIPES, models, *columns.values()], names=["recipe", "model", *columns]
    )
    rows = index.to_frame(index=False)
    centre = np.linspace(0.2, 0.8, len(rows))
    for name, shift in {"mean": 0, "low": -0.3, "high": 0.3, "min": -0.1, "max": 0.15}.items():
        rows[name] = centre + shift
    return rows


R2 = table(
    ["kalman", "cca", "pca_first", "pca_next", "random", "chance", *LABELS],
    measure=["r2", "r2_of_limit", "r2_distractor"],
    scale=SCALES,
)
DRAWN = {
    f"{recipe}/{name}": np.random.default_rng(k).normal(size=(30, 4))
    for recipe in RECIPES
    for k, name in enumerate(("true", *LABELS))
} | {f"{recipe}/vjepa_std": np.full(4, 0.5) for recipe in RECIPES}


def page(name):
    if name == "accuracy":
        return curves.accuracy(R2, NAMES)
    if name == "prediction":
        return motion.prediction(DRAWN, 8, NAMES)
    if name == "rollouts":
        predicting = ["kalman", *(model for model in LABELS if model != "vae")]
        return curves.rollouts(table(predicting, horizon=[1, 2, 20], scale=SCALES), 8, NAMES)
    if name == "calibration":
        levels = [0.1, 0.5, 0.9]
        rows = table(["kalman", "vjepa", "bjepa"], level=levels, scale=SCALES)
        return curves.calibration(rows, 8, NAMES)
    if name == "failure":
        models = ["kalman", "cca", "random", "chance", *LABELS]
        rows = table(models, measure=["r2"], memory=[0.5, 0.9, 0.99, 0.999])
        return curves.failure(rows, 4, 0.99, 0.1 * np.pi, NAMES)
    if name == "control":
        steered = ["lqg", "no_input", *LABELS]
        rows = table(steered, measure=["regret", "regret_latent"], scale=SCALES)
        goals = table(["bjepa"], measure=["regret_goal", "regret_goal_next"], scale=SCALES)
        ways = {f"default/{model}_distance": np.linspace(3, 1, 51) for model in steered}
        return control(pd.concat([rows, goals]), ways, 8, NAMES)
    raise KeyError(name)


def test_one_seed_is_drawn_without_an_interval():
    one = {"low": np.nan, "high": np.nan}
    levels = table(["kalman", "vjepa"], level=[0.1, 0.9], scale=SCALES).assign(**one)
    other = R2[R2.recipe == "default"].assign(system="few_sensors", **one)
    steered = table(["lqg", "no_input", *LABELS], measure=["regret"], scale=SCALES).assign(**one)
    ways = {f"default/{model}_distance": np.ones(5) for model in steered.model.unique()}
    pages = [
        curves.accuracy(R2.assign(**one), NAMES),
        curves.calibration(levels, 8, NAMES),
        curves.partially_observed(other, NAMES),
        control(steered, ways, 8, NAMES),
    ]
    for drawn in pages:
        drawn.draw_without_rendering()
        assert all(np.isfinite(axes.get_ylim()).all() for axes in drawn.axes)


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def line(axes, name):
    (found,) = [line for line in axes.lines if line.get_label() == name]
    return found


NAMED = {
    "prediction": ([*RECIPES.values()] + 6 * [""], "step of the test part", "VAE\n$s_0$"),
    "accuracy": (2 * [*LABELS.values()], "noise scale $\\sigma$", "$1 - R^2$ of $s[t+1]$"),
    "rollouts": (2 * [*LABELS.values()][1:], "steps ahead", "$1 - R^2$ of $s$"),
    "calibration": (2 * ["VJEPA", "BJEPA"], "nominal level", "covered share - level"),
    "failure": ([*LABELS.values()], "memory", "$R^2$ of $s[t+1]$"),
}


@pytest.mark.parametrize("name", NAMED)
def test_panels_and_axes_have_names(name):
    titles, x, y = NAMED[name]
    drawn = page(name)
    assert sorted(axes.get_title() for axes in drawn.axes) == sorted(titles)
    assert drawn.axes[-1].get_xlabel() == x
    assert drawn.axes[0].get_ylabel() == y


@pytest.mark.parametrize("name", [*NAMED, "control"])
def test_no_text_lies_over_another(name):
    drawn = page(name)
    drawn.draw_without_rendering()
    written = [*drawn.texts]
    for axes in drawn.axes:
        written += [axes.title, axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            shown = [t for t in axis.get_major_ticks() if low <= t.get_loc() <= high]
            written += [tick.label1 for tick in shown if tick.label1.get_visible()]
    # The boxes of slanting ticks are wider than what is written in them.
    boxes = [
        (text.get_text(), text.get_window_extent())
        for text in written
        if text.get_text() and text.get_rotation() != 45
    ]
    for number, (first, box) in enumerate(boxes):
        for second, other in boxes[:number]:
            assert not box.overlaps(other), (first, second)


def test_regret_is_drawn_by_recipe_by_way_of_acting_and_beside_the_way_to_the_goal():
    published, default, ways, distances = page("control").axes
    assert [published.get_title(), default.get_title()] == [*RECIPES.values()]
    assert legend(default) == [*LABELS.values()]
    assert ways.get_title().startswith("BJEPA")
    assert len(legend(ways)) == 4
    assert legend(distances) == ["exact LQG", "no input"]
    assert {axes.get_yscale() for axes in (published, default, ways)} == {"log"}
    assert len(distances.lines) == len(LABELS) + 2


def test_every_model_has_a_panel_on_which_the_others_are_grey():
    for label_, axes in zip(LABELS.values(), page("failure").axes, strict=True):
        assert axes.get_title() == label_
        assert len(axes.lines) == len(LABELS) + 1 + 1 + 2  # all, the limit, it, the thresholds
        assert axes.title.get_color() == line(axes, label_).get_color()


def test_lines_are_means_of_what_is_left_and_few_seeds_are_drawn_as_they_are():
    panels = page("accuracy").axes
    rows = R2[(R2.model == "jepa") & (R2.measure == "r2")]
    for number, (recipe, low, high) in enumerate(
        [("as_published", "min", "max"), ("default", "low", "high")]
    ):
        axes = panels[number * len(NAMES) + NAMES.index("jepa")]
        own = rows[rows.recipe == recipe]
        assert axes.get_yscale() == "log"
        np.testing.assert_allclose(line(axes, "JEPA").get_ydata(), 1 - own["mean"])
        (band,) = axes.collections
        reached = band.get_paths()[0].vertices[:, 1]
        assert reached.max() == pytest.approx((1 - own[low]).max())
        assert reached.min() == pytest.approx(max((1 - own[high]).min(), 1e-4))
        bottom, top = axes.get_ylim()
        assert bottom > top  # little is left unexplained on top


def test_other_systems_have_a_panel_each_and_say_who_is_close_to_the_limit():
    rows = R2[R2.recipe == "default"].drop(columns="recipe")
    rows = pd.concat([rows.assign(system=name) for name in ("noisy_sensors", "few_sensors")])
    chosen = (rows.measure == "r2_of_limit") & (rows.system == "few_sensors")
    rows.loc[chosen, "min"] = np.where(rows[chosen].model == "jepa", 0.9751, 0.5)
    noisy, few = curves.partially_observed(rows, NAMES).axes
    assert noisy.get_title().strip() == "noisy sensors"
    assert few.get_title().startswith("few sensors\n")
    assert line(few, "JEPA").get_ydata() == pytest.approx(line(noisy, "JEPA").get_ydata())
    assert "0.9751 of the limit" in few.get_title()


def test_calibration_is_measured_from_the_nominal_level():
    rows = table(["kalman", "vjepa", "bjepa"], level=[0.1, 0.5, 0.9], scale=[8.0])
    rows["mean"] = rows.level + np.where(rows.model == "vjepa", 0.05, 0.0)
    for axes in curves.calibration(rows, 8, NAMES).axes[::2]:
        np.testing.assert_allclose(line(axes, "VJEPA").get_ydata(), 0.05)
        np.testing.assert_allclose(line(axes, "Kalman filter").get_ydata(), 0, atol=1e-12)


def test_the_band_of_the_prediction_holds_ninety_percent_of_a_gaussian():
    (band,) = [c for axes in page("prediction").axes for c in axes.collections]
    vertices = band.get_paths()[0].vertices
    at_ten = vertices[np.isclose(vertices[:, 0], 10), 1]
    np.testing.assert_allclose(np.ptp(at_ten), 2 * 1.645 * 0.5, rtol=1e-6)
    assert at_ten.mean() == pytest.approx(DRAWN["default/vjepa"][9, 0])


def test_memory_grows_to_the_right_and_the_thresholds_stand_where_the_theory_says():
    axes = page("failure").axes[0]
    left, right = axes.get_xlim()
    assert left > right  # what is drawn is 1 - memory
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0.999", "0.99", "0.5"]
    upright = [line.get_xdata()[0] for line in axes.lines if np.ptp(line.get_xdata()) == 0]
    assert upright == pytest.approx([0.01, 1 - 0.99 * np.cos(0.1 * np.pi)])


def test_the_phase_plane_moves_a_frame_per_step():
    frames = list(motion.phase_plane(DRAWN, 8, NAMES))
    assert len(frames) == 30
    assert {frame.shape for frame in frames} == {frames[0].shape}
    assert all((a != b).any() for a, b in pairwise(frames))


def test_pictures_never_import_torch():
    code = "import sys, stages.noisy_tv.figures; assert 'matplotlib' in sys.modules; "
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_pictures_over_time_are_of_one_noise_scale():
    drawn = {
        "default/scales": np.array([0.0, 8.0]),
        "default/jepa": np.stack([np.zeros((5, 4)), np.ones((5, 4))]),
    }
    assert motion.at_scale(drawn, 8)["default/jepa"].tolist() == np.ones((5, 4)).tolist()
    assert set(motion.at_scale(drawn, 8)) == {"default/jepa"}


def test_a_method_of_ones_own_is_shown_beside_the_documents():
    assert motion.chosen(METHODS, 4) == ["vae", "ar", "jepa", "vjepa"]
    assert motion.chosen(NAMES, 4) == ["vae", "jepa", "vjepa", "my_method"]
    assert motion.chosen(["mine", "yours", "gated_ae", "vae"], 3) == ["vae", "mine", "yours"]
    assert motion.chosen(METHODS, 5) == [*motion.DOCUMENT]
    assert motion.chosen(["a", "b", "c"], 2) == ["a", "b"]
    assert motion.chosen(["gated_ae", "jepa"], 4) == ["jepa", "gated_ae"]
    left = [axes.get_ylabel() for axes in page("prediction").axes if axes.get_ylabel()]
    assert left[-1] == f"{label('my_method')}\n$s_0$"


def test_many_models_all_look_different():
    many = looks([f"m{k}" for k in range(20)])
    assert len({(str(one["color"]), str(one["linestyle"])) for one in many.values()}) == 20


@pytest.mark.parametrize("names", [["my_method"], ["ar", "my_method"], ["jepa", "vjepa", "other"]])
def test_pictures_need_none_of_the_documents_models(names):
    drawn = {
        f"{recipe}/{name}": np.random.default_rng(k).normal(size=(30, 4))
        for recipe in RECIPES
        for k, name in enumerate(("true", *names))
    }
    prediction = motion.prediction(drawn, 8, names)
    left = [axes.get_ylabel() for axes in prediction.axes if axes.get_ylabel()]
    assert left == [f"{label(name)}\n$s_0$" for name in names]
    assert len(list(motion.phase_plane(drawn, 8, names))) == 30


@pytest.fixture
def measured(tmp_path):
    """The files of series, of two scales and 30 steps; bjepa has beliefs by the default recipe."""
    scales, way, ones = np.array([0.0, 8.0]), np.ones((2, 51)), np.ones((2, 30, 4))
    files = {
        "oracle/drawn": {"scales": scales, "true": ones, "kalman": ones, "pca_next": way},
        "lqg/drawn": {"lqg_distance": way, "no_input_distance": way, "goals": way},
        "evaluated/bjepa": {"bjepa": ones, "bjepa_std": np.ones((2, 4))},
        "steered/bjepa": {"bjepa_distance": way, "bjepa_path": way},
    }
    for file, arrays in files.items():
        both = {f"{recipe}/{name}": array for recipe in RECIPES for name, array in arrays.items()}
        if file == "evaluated/bjepa":
            del both["as_published/bjepa_std"]
        write_arrays(tmp_path / f"{file}.npz", both | {"few_sensors/scales": scales})
    return tmp_path


SURE = {"default": {"bjepa"}}


def test_series_are_read_for_both_recipes(measured):
    found = series(measured, ["bjepa"], SURE, 4)
    shown = ("scales", "true", "kalman", "bjepa")
    drawn = ("lqg_distance", "no_input_distance", "bjepa_distance")
    expected = {f"{recipe}/{name}" for recipe in RECIPES for name in (*shown, *drawn)}
    assert set(found) == expected | {"default/bjepa_std"}
    on_the_page = {f"{recipe}/{name}" for recipe in RECIPES for name in shown}
    assert set(predictions(measured, ["bjepa"], 4)) == on_the_page


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("oracle/drawn", "true"),
        ("oracle/drawn", "kalman"),
        ("lqg/drawn", "no_input_distance"),
        ("evaluated/bjepa", "bjepa"),
        ("evaluated/bjepa", "bjepa_std"),
        ("steered/bjepa", "bjepa_distance"),
    ],
)
@pytest.mark.parametrize("damage", [None, np.float32, "shape"])
def test_series_that_do_not_fit_are_refused_by_the_name_of_their_file(measured, file, name, damage):
    path = measured / f"{file}.npz"
    arrays = read_arrays(path)
    array = arrays.pop(f"default/{name}")
    if damage is not None:
        arrays[f"default/{name}"] = array[1:] if damage == "shape" else array.astype(damage)
    write_arrays(path, arrays)
    with pytest.raises(InputError, match=rf"^{path}: .* default/{name}.*; `dvc repro` makes it"):
        series(measured, ["bjepa"], SURE, 4)
