"""Measure one trained method: `python -m stages.toy.evaluate METHOD`."""

import sys
from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Count, Positive, Seed, scalar
from jepatlas.common.base.storage import write_csv, write_json
from jepatlas.common.learning.trained import Trained
from jepatlas.common.measuring import measures
from jepatlas.toy.learning.method import load
from jepatlas.toy.measuring.evaluation import HEADLINES, evaluate
from jepatlas.toy.truth.ray import Ray

DATA = Path("data/toy")


def main(name: str) -> None:
    method, seed = load(name), scalar("seed", Seed)
    ray, members = Ray(scalar("toy.slope", Positive)), scalar("toy.members", Count)
    trained = Trained.load(DATA / "trained" / f"{name}.safetensors")
    table = measures.table(name, evaluate(method, trained, ray, members, seed))
    write_json(Path(f"metrics/toy/{name}.json"), {name: measures.headlines(table, HEADLINES)})
    write_csv(DATA / "measured" / f"{name}.csv", table)


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
