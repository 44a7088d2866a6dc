"""Train and measure the decoders of one method: `python -m stages.images.decode METHOD`."""

import sys
from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Device, Seed, scalar, section
from jepatlas.common.base.storage import read_arrays, write_arrays, write_json
from jepatlas.common.learning.checkpoint import forget
from jepatlas.common.learning.epochs import Epochs
from jepatlas.images.learning.curves import shown
from jepatlas.images.learning.decoding import evaluate, fit
from jepatlas.images.learning.fitting import Machine, Trained, restored
from jepatlas.images.learning.method import load
from jepatlas.images.learning.parameters import Precision
from jepatlas.images.truth.world import Images


def main(name: str) -> None:
    method, seed = load(name), scalar("seed", Seed)
    decoder = section("images.decoder", Epochs)
    machine = Machine.choose(scalar("device", Device), scalar("images.precision", Precision))
    images = Images.from_arrays(read_arrays(Path("data/images/images.npz")))
    trained = Trained.load(Path(f"data/images/trained/{name}.safetensors"))
    networks = restored(method, trained, seed, machine)
    with shown(Path(f"plots/images/decoding/{name}")) as report:
        decoders = fit(decoder, method, networks, images, seed, machine, name, report)
    metrics, drawn = evaluate(method, networks, decoders, images, seed, machine)
    write_json(Path(f"metrics/images/reconstruction/{name}.json"), metrics)
    write_arrays(Path(f"data/images/reconstructed/{name}.npz"), drawn)
    forget(f"decoder-{name}")


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
