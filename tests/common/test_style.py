"""How pictures are written: whole, small, and in the colours that were drawn."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import font_manager
from PIL import Image

from jepatlas.common.drawing import style

WHITE, STAR = (255, 255, 255), (255, 90, 54)


def page_with_text():
    page = style.figure(3, 2)
    axes = style.place(page, 0.5, 0.3, 2, 1.2)
    axes.plot([0, 1], [1, 0])
    axes.set(xlabel="$x_1$", title="title")
    return page


def drawn(page):
    page.canvas.draw()
    return np.asarray(page.canvas.buffer_rgba())[..., :3]


def moving_frames(count, side=60):
    """A small star-coloured square that moves over a ground of two flat colours."""
    frames = np.full((count, side, side, 3), WHITE, dtype=np.uint8)
    frames[:, side // 2 :] = (68, 1, 84)
    for number in range(count):
        frames[number, 5 + number : 8 + number, 5:8] = STAR
    return frames


def opened(path):
    """All frames of an image as RGB arrays, and the durations in milliseconds."""
    with Image.open(path) as image:
        frames, durations = [], []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            frames.append(np.asarray(image.convert("RGB")))
            durations.append(image.info.get("duration"))
    return np.stack(frames), durations


# The style


def test_the_font_is_one_that_matplotlib_ships():
    found = Path(font_manager.findfont(mpl.rcParams["font.family"][0], fallback_to_default=False))
    assert found.is_relative_to(mpl.get_data_path())


def test_places_are_inches_from_the_top_left():
    page = style.figure(4, 2, dpi=100)
    axes = style.place(page, 1, 0.5, 2, 1)
    np.testing.assert_allclose(axes.get_window_extent().extents, [100, 50, 300, 150])


def test_maps_are_dark_where_low_and_light_where_high():
    for name in ("viridis", "magma"):
        bands = style.bands(name, 20)
        luminance = bands(np.linspace(0, 1, 20))[:, :3] @ [0.2126, 0.7152, 0.0722]
        assert bands.N == 20
        assert (np.diff(luminance) > 0).all()


# Still pictures


def test_a_picture_shows_what_was_drawn(tmp_path):
    page = page_with_text()
    style.save_png(page, tmp_path / "new" / "picture.png")
    with Image.open(tmp_path / "new" / "picture.png") as image:
        assert image.mode == "P"
    (saved,), _ = opened(tmp_path / "new" / "picture.png")
    exact = drawn(page)
    assert saved.shape == (300, 450, 3)
    assert np.abs(saved.astype(int) - exact).max() <= 8  # the edges of letters
    white = (exact == 255).all(-1)
    assert (saved[white] == 255).all()


def test_the_same_picture_is_the_same_bytes(tmp_path):
    for name in ("first.png", "second.png"):
        style.save_png(page_with_text(), tmp_path / name)
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()
    assert (tmp_path / "first.png").stat().st_size < 20_000


# Animations


def test_an_animation_has_all_frames_their_colours_and_pace(tmp_path):
    frames = moving_frames(30)
    style.save_gif(iter(frames), tmp_path / "a.gif", fps=5)
    saved, durations = opened(tmp_path / "a.gif")
    np.testing.assert_array_equal(saved, frames)  # three colours fit in any palette
    assert durations == [200] * 30
    with Image.open(tmp_path / "a.gif") as image:
        assert image.info["loop"] == 0  # for ever


def test_many_colours_become_few_and_stay_near(tmp_path):
    ramp = np.linspace(0, 255, 200).astype(np.uint8)
    frame = np.stack([np.tile(ramp, (50, 1))] * 3, axis=-1)
    style.save_gif([frame, frame[:, ::-1]], tmp_path / "a.gif", fps=5, colours=16)
    saved, _ = opened(tmp_path / "a.gif")
    assert len(np.unique(saved.reshape(-1, 3), axis=0)) <= 16
    within = frame[0, :, 0] < 16 * 10  # as far as 16 colours reach in steps of 10
    assert np.abs(saved[0].astype(int) - frame)[:, within].max() <= 10


def test_frames_are_those_of_drawing_the_whole_figure_anew():
    def page_and_dot():
        page = page_with_text()
        return page, page.axes[0].scatter([0.5], [0.5], s=50)

    page, dot = page_and_dot()
    places = np.array([[0.2, 0.3], [0.8, 0.9], [0.2, 0.3]])
    frames = list(style.animate(page, [dot], 3, lambda number: dot.set_offsets(places[number])))
    for frame, place in zip(frames, places, strict=True):
        fresh, other = page_and_dot()
        other.set_offsets(place)
        np.testing.assert_array_equal(frame, drawn(fresh))


# Whole or not at all


@pytest.mark.parametrize("name", ["a.png", "a.gif"])
def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch, name):
    def save():
        if name == "a.png":
            style.save_png(page_with_text(), tmp_path / name)
        else:
            style.save_gif(moving_frames(2), tmp_path / name, fps=5)

    def interrupted(self, target):
        raise KeyboardInterrupt

    (tmp_path / name).write_bytes(b"old")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            save()
    assert [file.name for file in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"old"
    save()
    assert (tmp_path / name).read_bytes() != b"old"
