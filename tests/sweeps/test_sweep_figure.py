"""The figure shows what the table says."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from jepatlas.sweeps import figure
from jepatlas.sweeps.file import Sweep


def sweep(**other) -> Sweep:
    content = {
        "title": "Toy",
        "targets": ["measure"],
        "parameters": {"width": "width", "depth": "depth"},
        "grid": {"width": [4, 1, 2], "depth": [1, 2]},
        "measures": ["area"],
        "figure": {"x": "width", "lines": "depth", "scale": "log"},
    }
    return Sweep.model_validate(content | other)


def table(seeds=(0,), ci95=0.5, methods=("plain",)) -> pd.DataFrame:
    """Area is width times depth, and a draw."""
    noise = np.random.default_rng(0)
    rows = [
        (width, depth, seed, method, "area", width * depth + noise.standard_normal(), ci95)
        for width in (4, 1, 2)
        for depth in (1, 2)
        for seed in seeds
        for method in methods
    ]
    columns = ["width", "depth", "seed", "method", "measure", "mean", "ci95"]
    return pd.DataFrame(rows, columns=columns)


def drawn(found, wanted):
    """Of each line its label, places, heights and half widths."""
    (axes,) = figure.draw(found, wanted).axes
    for container in axes.containers:
        line, _, (bars,) = container
        ends = np.array([segment[:, 1] for segment in bars.get_segments()])
        yield container.get_label(), line.get_xdata(), line.get_ydata(), np.ptp(ends, axis=1) / 2


def test_a_line_for_each_value_in_the_order_of_x_with_the_members_intervals():
    found = table()
    shown = list(drawn(found, sweep()))
    assert [label for label, *_ in shown] == ["depth 1", "depth 2"]
    for depth, (_, x, y, half) in zip((1, 2), shown, strict=True):
        rows = found[found["depth"] == depth].sort_values("width")
        np.testing.assert_allclose(x, [1, 2, 4], rtol=0.05)  # lines stand a little apart
        np.testing.assert_allclose(y, rows["mean"])
        np.testing.assert_allclose(half, 0.5)


def test_seeds_are_joined_with_students_interval():
    found = table(seeds=range(5), ci95=np.nan)
    wanted = sweep(seeds=list(range(5)))
    for depth, (_, _, y, half) in zip((1, 2), drawn(found, wanted), strict=True):
        for place, width in enumerate((1, 2, 4)):
            values = found[(found["depth"] == depth) & (found["width"] == width)]["mean"]
            low, high = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
            assert y[place] == pytest.approx((low + high) / 2)
            assert half[place] == pytest.approx((high - low) / 2)
    assert "5 training seeds" in figure.note(found, wanted)


def test_seeds_side_by_side_keep_their_own_intervals():
    found = table(seeds=range(3))
    found = found[(found["width"] == 1) & (found["depth"] == 1)]
    wanted = sweep(parameters={}, grid=None, seeds=[0, 1, 2], figure={"x": "seed", "scale": "each"})
    ((_, x, y, half),) = drawn(found, wanted)
    np.testing.assert_allclose((x, y), (range(3), found["mean"]))
    np.testing.assert_allclose(half, 0.5)
    assert "by each seed" in figure.note(found, wanted)


def test_methods_have_lines_of_their_own_or_stand_side_by_side():
    found = table(methods=("plain", "other"))
    labels = [label for label, *_ in drawn(found, sweep())]
    assert labels == ["plain depth 1", "other depth 1", "plain depth 2", "other depth 2"]
    found = found[(found["width"] == 1) & (found["depth"] == 1)]
    page = figure.draw(found, sweep(figure={"x": "method"}))
    ticks = [label.get_text() for label in page.axes[0].get_xticklabels()]
    assert ticks == ["plain", "other"]


def test_one_network_has_no_interval_and_the_figure_says_so():
    assert "no intervals" in figure.note(table(ci95=np.nan), sweep())


def test_both_files_are_the_same_bytes_each_time(tmp_path):
    for name in ("first", "second"):
        figure.save(figure.draw(table(), sweep()), tmp_path / name)
    for kind in (".png", ".svg"):
        first, second = ((tmp_path / f"{name}{kind}").read_bytes() for name in ("first", "second"))
        assert first == second
