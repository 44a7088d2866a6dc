"""Draw what every method has learned: `python -m stages.mog.figures`."""

from pathlib import Path

from jepatlas.common import stage
from jepatlas.common.parameters import Count, Fraction, scalar, section, value
from jepatlas.common.storage import read_arrays, write_csv
from jepatlas.mog.figures import album, tables
from jepatlas.mog.figures.maps import Plane, Scene
from jepatlas.mog.parameters import Landscape


def main() -> None:
    drawn = section("mog.landscape", Landscape)
    points = read_arrays(Path("data/mog/points.npz"))
    scene = Scene(
        plane=Plane(drawn.x, drawn.y),
        points=points["test"],
        members=len(points["train"]),
        collapsed=scalar("mog.evaluation.collapsed", Fraction),
        langevin_steps=scalar("mog.langevin.steps", Count),
    )
    entries = [
        album.read(name, Path(f"data/mog/evaluated/{name}.npz"), Path(f"metrics/mog/{name}.json"))
        for name in value("mog.methods")
    ]
    write_csv(Path("plots/mog/training.csv"), tables.training(entries))
    write_csv(Path("plots/mog/collapse.csv"), tables.collapse(entries))
    album.draw(entries, scene, Path("plots/mog/pictures"))


if __name__ == "__main__":
    stage.run(main)
