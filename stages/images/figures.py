"""Draw the pictures of the images: `python -m stages.images.figures`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import value
from jepatlas.common.base.storage import read_arrays, read_json
from jepatlas.common.drawing.style import save_gif, save_png
from jepatlas.images.drawing import figures
from jepatlas.images.drawing.figures import Album, Entry
from jepatlas.images.truth.world import Images

PLOTS = Path("plots/images")
FRAMES_PER_SECOND = 8


def read(name: str) -> Entry:
    return Entry(
        name,
        evaluated=read_arrays(Path(f"data/images/evaluated/{name}.npz")),
        embedding=read_json(Path(f"metrics/images/embedding/{name}.json")),
        reconstructed=read_arrays(Path(f"data/images/reconstructed/{name}.npz")),
        reconstruction=read_json(Path(f"metrics/images/reconstruction/{name}.json")),
    )


def main() -> None:
    images = Images.from_arrays(read_arrays(Path("data/images/images.npz")))
    album = Album(**vars(images), entries=[read(name) for name in value("images.methods")])
    pages = {
        "perturbations": figures.perturbations(album),
        "maps": figures.maps(album),
        "neighbours": figures.neighbours(album),
        "reconstructions": figures.reconstructions(album),
        "robustness": figures.robustness(album),
        "confusions": figures.confusions(album),
    }
    for name, page in pages.items():
        save_png(page, PLOTS / f"{name}.png")
    save_gif(figures.training(album), PLOTS / "training.gif", FRAMES_PER_SECOND, colours=32)


if __name__ == "__main__":
    stage.run(main)
