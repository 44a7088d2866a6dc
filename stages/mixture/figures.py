"""Draw what every method has learned: `python -m stages.mixture.figures`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Count, Fraction, scalar, section, value
from jepatlas.common.base.storage import read_arrays, write_csv
from jepatlas.mixture.drawing import album, tables
from jepatlas.mixture.drawing.maps import Plane, Scene
from jepatlas.mixture.truth.parameters import Landscape


def main() -> None:
    drawn = section("mixture.landscape", Landscape)
    points = read_arrays(Path("data/mixture/points.npz"))
    scene = Scene(
        plane=Plane(drawn.x, drawn.y),
        points=points["test"],
        members=len(points["train"]),
        collapsed=scalar("mixture.evaluation.collapsed", Fraction),
        langevin_steps=scalar("mixture.langevin.steps", Count),
    )
    entries = [
        album.read(
            name, Path(f"data/mixture/evaluated/{name}.npz"), Path(f"metrics/mixture/{name}.json")
        )
        for name in value("mixture.methods")
    ]
    write_csv(Path("plots/mixture/training.csv"), tables.training(entries))
    write_csv(Path("plots/mixture/collapse.csv"), tables.collapse(entries))
    album.draw(entries, scene, Path("plots/mixture/pictures"))


if __name__ == "__main__":
    stage.run(main)
