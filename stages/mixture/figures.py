"""Draw what every method has learned: `python -m stages.mixture.figures`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Count, Fraction, scalar, section, value
from jepatlas.common.base.storage import read_arrays, read_csv, write_csv
from jepatlas.common.measuring import measures
from jepatlas.mixture.drawing import album, tables
from jepatlas.mixture.drawing.maps import Plane, Scene
from jepatlas.mixture.truth.parameters import Landscape

DATA, PLOTS = Path("data/mixture"), Path("plots/mixture")


def main() -> None:
    drawn = section("mixture.landscape", Landscape)
    points = read_arrays(DATA / "points.npz")
    scene = Scene(
        plane=Plane(drawn.x, drawn.y),
        points=points["test"],
        members=len(points["train"]),
        collapsed=scalar("mixture.evaluation.collapsed", Fraction),
        langevin_steps=scalar("mixture.langevin.steps", Count),
    )
    files = {name: DATA / "measured" / f"{name}.csv" for name in value("mixture.methods")}
    entries = [
        album.read(name, DATA / "evaluated" / f"{name}.npz", file) for name, file in files.items()
    ]
    measured = measures.joined(read_csv(file) for file in files.values())
    write_csv(PLOTS / "tables" / "measures.csv", measured)
    write_csv(PLOTS / "tables" / "training.csv", tables.training(entries))
    write_csv(PLOTS / "tables" / "collapse.csv", tables.collapse(entries))
    album.draw(entries, scene, PLOTS / "pictures")


if __name__ == "__main__":
    stage.run(main)
