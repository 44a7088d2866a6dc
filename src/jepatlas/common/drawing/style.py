"""The look of every picture, and how pictures are written.

Importing this module sets matplotlib's defaults for the process. Figures are made by `figure`, on
an Agg canvas of their own: no window, no global list of open figures.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from cycler import cycler
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.text import Text
from PIL import Image

from jepatlas.common.base.storage import write

Frame = npt.NDArray[np.uint8]  # [height, width, 3]

INK = "#1f2430"  # text
FAINT = "#6b7280"  # what comes second: axes, ticks, notes
# Told apart with any colour vision about as well as Okabe & Ito's (2008), but each at least 3:1
# against white, as lines must be.
CATEGORIES = ("#2F5FC4", "#CC3311", "#00905E", "#9A5579", "#DA7E00", "#1B99E5", "#000000")
ALARM = "#c62828"  # what is wrong: a collapse
STAR = "#ff5a36"  # a reference; stands out from every colour of the maps

HEAD = "head"  # marks the texts that a paper has in its caption
DENSE = 150  # points or corners beyond which a collection is a bitmap in an SVG

SIDE = {"rotation": 90, "ha": "center", "va": "center", "weight": "bold"}  # text beside a row

mpl.rcParams.update(
    {
        "font.family": "DejaVu Sans",  # comes with matplotlib, so it is the same everywhere
        "font.size": 8,
        "mathtext.fontset": "dejavusans",
        "text.color": INK,
        "axes.titlesize": 8,
        "axes.labelsize": 8,
        "axes.labelcolor": INK,
        "axes.edgecolor": FAINT,
        "axes.linewidth": 0.6,
        "axes.prop_cycle": cycler(color=CATEGORIES),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlepad": 5,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "xtick.major.width": 0.6,
        "ytick.major.width": 0.6,
        "legend.fontsize": 7,
        "legend.frameon": False,
        "lines.linewidth": 1.4,
    }
)


def figure(width: float, height: float, dpi: int = 150) -> Figure:
    """An empty figure of `width` by `height` inches."""
    page = Figure(figsize=(width, height), dpi=dpi)
    FigureCanvasAgg(page)
    return page


def place(page: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place in inches from the top left corner of the figure."""
    whole_width, whole_height = page.get_size_inches()
    bottom = whole_height - top - height
    return page.add_axes(
        (left / whole_width, bottom / whole_height, width / whole_width, height / whole_height)
    )


def write_text(page: Figure, left: float, top: float, text: str, **look: Any) -> Text:
    """Text at a place in inches from the top left corner of the figure."""
    width, height = page.get_size_inches()
    return page.text(left / width, 1 - top / height, text, **({"va": "top"} | look))


def head(page: Figure, title: str, line: str, *notes: str) -> None:
    """The top left corner of a figure: a title, a line, and notes in a fainter colour."""
    write_text(page, 0.2, 0.15, title, weight="bold", size=13, gid=HEAD)
    write_text(page, 0.2, 0.43, line, gid=HEAD)
    for number, note in enumerate(notes):
        write_text(page, 0.2, 0.63 + 0.19 * number, note, color=FAINT, gid=HEAD)


def colour_bar(axes: Axes, drawn: AxesImage, label: str, ticks: npt.ArrayLike) -> None:
    """A colour bar that fills `axes`, along their longer side."""
    box = axes.get_window_extent()
    page: Any = axes.figure
    page.colorbar(
        drawn,
        cax=axes,
        orientation="vertical" if box.height > box.width else "horizontal",
        ticks=np.asarray(ticks),
        label=label,
    ).outline.set_visible(False)


def bands(name: str, levels: int) -> Colormap:
    """A colour map in `levels` steps, so that a landscape reads like a topographic map."""
    return mpl.colormaps[name].resampled(levels)


def animate(
    page: Figure, moving: Sequence[Artist], count: int, update: Callable[[int], None]
) -> Iterator[Frame]:
    """`count` frames: what stands still is drawn once, the moving artists for each frame.

    moving: in the order in which they cover each other; update: sets them to a frame by its number.
    """
    canvas: Any = page.canvas  # its methods are not typed
    for artist in moving:
        artist.set_animated(True)  # draw() leaves them out
    canvas.draw()
    still = canvas.copy_from_bbox(page.bbox)
    for number in range(count):
        update(number)
        canvas.restore_region(still)
        for artist in moving:
            page.draw_artist(artist)
        yield _pixels(page)


def save_png(page: Figure, path: Path) -> None:
    """The figure in 256 colours: a third of the size, and no difference to see."""
    canvas: Any = page.canvas
    canvas.draw()
    (image,) = _indexed([_pixels(page)], 256, distinct=4)
    write(path, lambda temporary: image.save(temporary, optimize=True))


def save_both(page: Figure, folder: Path, name: str) -> None:
    """`folder/pictures/NAME.png` to look at, and `folder/papers/NAME.svg` without the head, which
    papers have in their captions."""
    save_png(page, folder / "pictures" / f"{name}.png")
    for text in page.texts:
        text.set_visible(text.get_gid() != HEAD)
    for artist in page.findobj(Collection):
        artist.set_rasterized(_dense(artist))
    save_svg(page, folder / "papers" / f"{name}.svg")


def _dense(collection: Any) -> bool:
    """Whether a cloud, a field of arrows or contours would make a large file of its own."""
    corners = sum(len(path.vertices) for path in collection.get_paths())
    return max(corners, len(collection.get_offsets())) > DENSE


def save_svg(page: Figure, path: Path) -> None:
    """The figure cut to what is visible, the same bytes each time."""
    look = {"format": "svg", "metadata": {"Date": None}, "bbox_inches": "tight", "dpi": 100}
    with mpl.rc_context({"svg.hashsalt": "jepatlas", "svg.fonttype": "none"}):
        write(path, lambda file: page.savefig(file, **look))  # type: ignore[arg-type]


def save_gif(frames: Iterable[Frame], path: Path, fps: float, colours: int = 64) -> None:
    """An endless animation, all frames in one palette of `colours`."""
    first, *others = _indexed(list(frames), colours, distinct=10)
    timing = {"duration": round(1000 / fps), "loop": 0}
    encoded = []
    for sparse in (False, True):  # to leave out what did not change pays where little moves
        buffer = BytesIO()
        first.save(buffer, "GIF", save_all=True, append_images=others, optimize=sparse, **timing)
        encoded.append(buffer.getvalue())
    write(path, lambda temporary: temporary.write_bytes(min(encoded, key=len)))


def _pixels(page: Figure) -> Frame:
    canvas: Any = page.canvas
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])


def _indexed(frames: Sequence[Frame], count: int, distinct: int) -> list[Image.Image]:
    """Images in one palette: the most frequent colours that differ by `distinct` of 255 somewhere.

    Flat areas keep their colours exactly, however small they are. Pillow's own quantisers promise
    no such thing: their white is a light grey, and a star may take on the colour of its ground.
    """
    place = np.array([1 << 16, 1 << 8, 1], np.uint32)
    packed = [frame.astype(np.uint32) @ place for frame in frames]
    some = packed[:: max(1, len(packed) // 6)]
    candidates, counts = np.unique(np.stack(some), return_counts=True)
    left = _channels(candidates[np.argsort(-counts, kind="stable")[: 20 * count]])
    chosen: list[npt.NDArray[np.float32]] = []
    while len(left) and len(chosen) < count:
        chosen.append(left[0])
        left = left[np.abs(left - left[0]).max(axis=1) >= distinct]
    palette = np.stack(chosen)

    seen = np.zeros(1 << 24, dtype=bool)
    for pixels in packed:
        seen[pixels] = True
    present = np.flatnonzero(seen)
    # |c - p|^2 of colour c and palette p, but for |c|^2, which all p have in common
    distance = (palette**2).sum(axis=1) - 2 * _channels(present) @ palette.T
    table = np.zeros(1 << 24, dtype=np.uint8)
    table[present] = distance.argmin(axis=1)
    images = [Image.fromarray(table[pixels]) for pixels in packed]
    for image in images:
        image.putpalette(palette.astype(np.uint8).tobytes())
    return images


def _channels(packed: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Red, green and blue of packed colours, `[n] -> [n, 3]`."""
    return np.stack([packed >> 16, packed >> 8 & 255, packed & 255], axis=-1).astype(np.float32)
