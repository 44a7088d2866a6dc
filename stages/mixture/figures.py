"""Draw what every method has learned: `python -m stages.mixture.figures`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Count, Fraction, scalar, section, value
from jepatlas.common.base.storage import write_csv
from jepatlas.common.measuring import measures
from jepatlas.mixture.drawing import album, tables
from jepatlas.mixture.drawing.maps import Plane, Scene
from jepatlas.mixture.truth.parameters import Landscape

DATA, PLOTS = Path("data/mixture"), Path("plots/mixture")


def main() -> None:
    drawn = section("mixture.landscape", Landscape)
    scene = Scene(
        plane=Plane(drawn.x, drawn.y),
        members=scalar("mixture.members", Count),
        collapsed=scalar("mixture.evaluation.collapsed", Fraction),
        langevin_steps=scalar("mixture.langevin.steps", Count),
    )
    names = list(value("mixture.methods"))
    entries = album.read_all(names, DATA)
    measured = measures.joined(measures.read(DATA / "measured" / f"{name}.csv") for name in names)
    write_csv(PLOTS / "tables" / "measures.csv", measured)
    write_csv(PLOTS / "tables" / "training.csv", tables.training(entries))
    write_csv(PLOTS / "tables" / "collapse.csv", tables.collapse(entries))
    album.draw(entries, scene, PLOTS)


if __name__ == "__main__":
    stage.run(main)
