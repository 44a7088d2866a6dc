"""Measure the embeddings of one method: `python -m stages.images.evaluate METHOD`."""

import sys
from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Device, Seed, scalar
from jepatlas.common.base.storage import read_arrays, write_arrays, write_csv, write_json
from jepatlas.images.learning.fitting import Machine, Trained, restored
from jepatlas.images.learning.method import load
from jepatlas.images.learning.parameters import Precision
from jepatlas.images.measuring.evaluation import confusion, evaluate
from jepatlas.images.truth.world import Images


def main(name: str) -> None:
    method, seed = load(name), scalar("seed", Seed)
    machine = Machine.choose(scalar("device", Device), scalar("images.precision", Precision))
    images = Images.from_arrays(read_arrays(Path("data/images/images.npz")))
    trained = Trained.load(Path(f"data/images/trained/{name}.safetensors"))
    networks = restored(method, trained, seed, machine)
    metrics, drawn = evaluate(method, networks, trained, images, seed, machine)
    write_json(Path(f"metrics/images/embedding/{name}.json"), metrics)
    write_arrays(Path(f"data/images/evaluated/{name}.npz"), drawn)
    table = confusion(images.test_labels, drawn["predicted"])
    write_csv(Path(f"plots/images/confusion/{name}.csv"), table)


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
