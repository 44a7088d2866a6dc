"""Draw what every method has learned: `python -m stages.toy.figures`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import value
from jepatlas.common.base.storage import read_csv, write_csv
from jepatlas.common.measuring import measures
from jepatlas.toy.drawing import album

DATA, PLOTS = Path("data/toy"), Path("plots/toy")


def main() -> None:
    names = list(value("toy.methods"))
    measured = measures.joined(read_csv(DATA / "measured" / f"{name}.csv") for name in names)
    write_csv(PLOTS / "tables" / "measures.csv", measured)
    album.draw(measured, PLOTS)


if __name__ == "__main__":
    stage.run(main)
