"""Measure what one method has learned: `python -m stages.images.evaluate METHOD`."""

import sys
from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Count, Seed, scalar
from jepatlas.common.base.storage import read_arrays, write_arrays, write_csv, write_json
from jepatlas.common.learning.trained import Trained, restore
from jepatlas.common.measuring import measures
from jepatlas.images.learning import decoding
from jepatlas.images.learning.fitting import restored
from jepatlas.images.learning.machine import Machine
from jepatlas.images.learning.method import load
from jepatlas.images.measuring.evaluation import HEADLINES, evaluate
from jepatlas.images.truth.world import LAYOUT, Images

DATA = Path("data/images")


def main(name: str) -> None:
    method, seed = load(name), scalar("seed", Seed)
    members = range(scalar("images.members", Count))
    machine = Machine.asked()
    images = Images.from_arrays(read_arrays(DATA / "images.npz", LAYOUT))
    trained = Trained.load(DATA / "trained" / f"{name}.safetensors")
    networks = restored(method, trained, images, seed, members, machine)
    decoders = decoding.initial(method, images.shape, seed, members, machine)
    second = Trained.load(DATA / "decoders" / f"{name}.safetensors")
    restore(decoders, second.final, second.source)
    measured, drawn = evaluate(
        method, networks, trained, decoders.eval(), images, seed, len(members), machine
    )
    table = measures.table(name, measured)
    write_json(Path(f"metrics/images/{name}.json"), {name: measures.headlines(table, HEADLINES)})
    write_csv(DATA / "measured" / f"{name}.csv", table)
    write_arrays(DATA / "evaluated" / f"{name}.npz", drawn)


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
