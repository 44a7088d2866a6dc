"""Measure what is known without training: `python -m stages.hidden_causes.exact`."""

from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Seed, scalar, section
from jepatlas.common.base.storage import write_arrays, write_csv
from jepatlas.common.measuring import measures
from jepatlas.hidden_causes.measuring.exact import exact
from jepatlas.hidden_causes.truth.parameters import Evaluation, Worlds

DATA = Path("data/hidden_causes/exact")


def main() -> None:
    worlds = section("hidden_causes.worlds", Worlds)
    evaluation = section("hidden_causes.evaluation", Evaluation)
    measured, drawn = exact(worlds, evaluation, scalar("seed", Seed))
    tables = [measures.table(name, found) for name, found in measured.items()]
    write_csv(DATA / "measured.csv", measures.joined(tables))
    write_arrays(DATA / "drawn.npz", drawn)


if __name__ == "__main__":
    stage.run(main)
