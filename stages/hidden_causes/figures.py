"""Draw what every method has recovered: `python -m stages.hidden_causes.figures`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import value
from jepatlas.common.base.storage import read_arrays, read_csv, write_csv
from jepatlas.common.measuring import measures
from jepatlas.hidden_causes.drawing import album, tables
from jepatlas.hidden_causes.drawing.layout import EVALUATED, EXACT

DATA, PLOTS = Path("data/hidden_causes"), Path("plots/hidden_causes")


def main() -> None:
    names = list(value("hidden_causes.methods"))
    exact = measures.read(DATA / "exact" / "measured.csv")
    methods = [measures.read(DATA / "measured" / f"{name}.csv") for name in names]
    measured = measures.joined([*methods, exact])
    rows = measures.joined(
        read_csv(DATA / "rows" / f"{name}.csv", **tables.BOUND) for name in names
    )
    bounds = tables.bounds(rows)
    sweeps = {block: tables.sweep(measured, block) for block in tables.SWEEPS}
    write_csv(PLOTS / "tables" / "measures.csv", measured)
    write_csv(PLOTS / "tables" / "bounds.csv", bounds)
    for block, table in sweeps.items():
        write_csv(PLOTS / "tables" / f"{block}.csv", table)
    truth = read_arrays(DATA / "exact" / "drawn.npz", EXACT)
    drawn = {name: read_arrays(DATA / "evaluated" / f"{name}.npz", EVALUATED) for name in names}
    album.draw(album.Album(truth, drawn, measured, bounds, sweeps), PLOTS)


if __name__ == "__main__":
    stage.run(main)
