"""The look of every picture, and how pictures are written.

Importing this module sets matplotlib's defaults for the process. Figures are made by `figure`, on
an Agg canvas of their own: no window, no global list of open figures.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import Colormap
from matplotlib.figure import Figure
from PIL import Image

from jepatlas.common.storage import write

Frame = npt.NDArray[np.uint8]  # [height, width, 3]

INK = "#1f2430"  # text
FAINT = "#6b7280"  # what comes second: axes, ticks, notes
# Okabe & Ito (2008): told apart with any colour vision. Yellow is left out, too light for lines.
CATEGORIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STAR = "#ff5a36"  # a reference; stands out from every colour of the maps

DISTINCT = 10  # of 255: what two colours of a palette differ by, at least
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
        "axes.prop_cycle": mpl.cycler(color=CATEGORIES),
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


def write_text(page: Figure, left: float, top: float, text: str, **look: object) -> None:
    """Text at a place in inches from the top left corner of the figure."""
    width, height = page.get_size_inches()
    page.text(left / width, 1 - top / height, text, **({"va": "top"} | look))  # type: ignore[arg-type]


def head(page: Figure, title: str, *lines: str) -> None:
    """What the figure shows, in its top left corner: a title, then lines, the last of them faint."""
    write_text(page, 0.2, 0.15, title, weight="bold", size=13)
    for number, line in enumerate(lines):
        last = number == len(lines) - 1
        write_text(page, 0.2, 0.43 + 0.2 * number, line, color=FAINT if last else INK)


def colour_bar(axes: Axes, drawn: ScalarMappable, label: str, ticks: Sequence[float]) -> Colorbar:
    """A colour bar that fills `axes`, along their longer side."""
    box = axes.get_window_extent()
    bar = axes.get_figure(root=True).colorbar(  # type: ignore[union-attr]
        drawn,
        cax=axes,
        orientation="vertical" if box.height > box.width else "horizontal",
        ticks=list(ticks),
        label=label,
        drawedges=False,
    )
    bar.outline.set_visible(False)  # type: ignore[operator]
    return bar


def bands(name: str, levels: int) -> Colormap:
    """A colour map in `levels` steps, so that a landscape reads like a topographic map."""
    return mpl.colormaps[name].resampled(levels)


def animate(
    page: Figure, moving: Sequence[Artist], count: int, update: Callable[[int], None]
) -> Iterator[Frame]:
    """`count` frames: what stands still is drawn once, the moving artists for each frame.

    moving: in the order in which they cover each other; update: sets them to a frame, by its number.
    """
    canvas = page.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    for artist in moving:
        artist.set_animated(True)  # draw() leaves them out
    canvas.draw()
    still = canvas.copy_from_bbox(page.bbox)  # type: ignore[no-untyped-call]
    for number in range(count):
        update(number)
        canvas.restore_region(still)  # type: ignore[no-untyped-call]
        for artist in moving:
            page.draw_artist(artist)
        yield _pixels(canvas)


def save_png(page: Figure, path: Path) -> None:
    """The figure with a palette of 256 colours: a quarter of the size, and no difference to see."""
    canvas = page.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    canvas.draw()
    image = Image.fromarray(_pixels(canvas)).quantize(256, dither=Image.Dither.NONE)
    write(path, lambda temporary: image.save(temporary, optimize=True))


def save_gif(frames: Iterable[Frame], path: Path, fps: float, colours: int = 64) -> None:
    """An endless animation; all frames share a palette of their most frequent colours."""
    shown = list(frames)
    palette = Image.new("P", (1, 1))
    palette.putpalette(_frequent(shown[:: max(1, len(shown) // 6)], colours).tobytes())
    first, *others = (
        Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE)
        for frame in shown
    )
    timing = {"duration": round(1000 / fps), "loop": 0}
    # What did not change may be left transparent, which pays where little moves, and only there.
    encoded = []
    for sparse in (False, True):
        buffer = BytesIO()
        first.save(
            buffer, "GIF", save_all=True, append_images=others, optimize=sparse, **timing
        )
        encoded.append(buffer.getvalue()); print(sparse, len(encoded[-1]))
    write(path, lambda temporary: temporary.write_bytes(min(encoded, key=len)))


def _frequent(frames: Sequence[Frame], count: int) -> Frame:
    """At most `count` colours, `[count, 3]`: the most frequent ones that are told apart."""
    pixels = np.concatenate([frame.reshape(-1, 3) for frame in frames]).astype(np.int64)
    packed, counts = np.unique(pixels @ [65536, 256, 1], return_counts=True)
    candidates = packed[np.argsort(-counts, kind="stable")[: 20 * count]]
    colours = np.stack([candidates >> 16, candidates >> 8 & 255, candidates & 255], axis=-1)
    chosen: list[npt.NDArray[np.int64]] = []
    for colour in colours:
        if all(np.abs(colour - other).max() >= DISTINCT for other in chosen):
            chosen.append(colour)
    return np.array(chosen[:count], dtype=np.uint8)


def _pixels(canvas: FigureCanvasAgg) -> Frame:
    rgba = np.asarray(canvas.buffer_rgba())
    return np.ascontiguousarray(rgba[..., :3])
