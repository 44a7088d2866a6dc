"""Measure one trained method in every setting: `python -m stages.hidden_causes.evaluate METHOD`."""

import sys
from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Count, Seed, scalar, section
from jepatlas.common.base.storage import write_arrays, write_csv, write_json
from jepatlas.common.learning import device
from jepatlas.common.learning.trained import Trained
from jepatlas.common.measuring import measures
from jepatlas.hidden_causes.learning.method import changed, load
from jepatlas.hidden_causes.measuring.evaluation import Arrays, evaluate
from jepatlas.hidden_causes.measuring.results import HEADLINES, Row, by_seed, summarised
from jepatlas.hidden_causes.truth.parameters import Evaluation, Worlds
from jepatlas.hidden_causes.truth.worlds import settings

DATA = Path("data/hidden_causes")


def main(name: str) -> None:
    method, seed = load(name), scalar("seed", Seed)
    worlds, seeds = section("hidden_causes.worlds", Worlds), scalar("hidden_causes.seeds", Count)
    evaluation = section("hidden_causes.evaluation", Evaluation)
    target = device.asked()
    rows: dict[str, list[Row]] = {}
    drawn: Arrays = {}
    for setting in settings(worlds, seeds, method.suites):
        trained = Trained.load(DATA / "trained" / name / f"{setting.name}.safetensors")
        own = changed(method, setting, name)
        found = evaluate(own, setting, trained, evaluation, seed, target)
        rows |= found.rows
        drawn |= found.drawn
    measured = measures.table(name, summarised(rows))
    headlines = measures.headlines(measured, HEADLINES)
    write_json(Path(f"metrics/hidden_causes/{name}.json"), {name: headlines})
    write_csv(DATA / "measured" / f"{name}.csv", measured)
    write_csv(DATA / "rows" / f"{name}.csv", by_seed(name, rows))
    write_arrays(DATA / "evaluated" / f"{name}.npz", drawn)


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
