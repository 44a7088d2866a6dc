"""Draw the pictures of the images: `python -m stages.images.figures`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import value
from jepatlas.common.base.storage import read_arrays, write_csv
from jepatlas.common.drawing.style import save_both, save_gif
from jepatlas.common.measuring import measures
from jepatlas.images.drawing import examples, maps, scores, tables
from jepatlas.images.drawing.album import Album, Entry
from jepatlas.images.drawing.layout import EVALUATED
from jepatlas.images.truth.world import LAYOUT, Images

DATA, PLOTS = Path("data/images"), Path("plots/images")
FRAMES_PER_SECOND = 8


def main() -> None:
    names = list(value("images.methods"))
    measured = {name: measures.read(DATA / "measured" / f"{name}.csv") for name in names}
    drawn = {name: read_arrays(DATA / "evaluated" / f"{name}.npz", EVALUATED) for name in names}
    entries = [Entry(name, drawn[name], measures.nested(measured[name])) for name in names]
    album = Album(Images.from_arrays(read_arrays(DATA / "images.npz", LAYOUT)), entries)
    write_csv(PLOTS / "tables" / "measures.csv", measures.joined(measured.values()))
    write_csv(PLOTS / "tables" / "training.csv", tables.training(entries))
    write_csv(PLOTS / "tables" / "confusion.csv", tables.confusion(album))
    write_csv(PLOTS / "tables" / "data_set.csv", tables.data_set(album))
    pages = {
        "perturbations": examples.perturbations(album),
        "maps": maps.maps(album),
        "neighbours": examples.neighbours(album),
        "reconstructions": examples.reconstructions(album),
        "robustness": scores.robustness(album),
        "confusions": scores.confusions(album),
    }
    for name, page in pages.items():
        save_both(page, PLOTS, name)
    moving = maps.training(album)
    save_gif(moving, PLOTS / "pictures" / "training.gif", FRAMES_PER_SECOND, colours=32)


if __name__ == "__main__":
    stage.run(main)
