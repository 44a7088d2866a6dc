"""Train the decoders of one method: `python -m stages.images.decode METHOD`."""

import sys
from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Count, Seed, scalar, section
from jepatlas.common.base.storage import read_arrays
from jepatlas.common.learning.checkpoint import forget
from jepatlas.common.learning.trained import Trained
from jepatlas.images.learning.curves import shown
from jepatlas.images.learning.decoding import Decoding, fit
from jepatlas.images.learning.fitting import restored
from jepatlas.images.learning.machine import Machine
from jepatlas.images.learning.method import load
from jepatlas.images.truth.world import LAYOUT, Images


def main(name: str) -> None:
    method, seed = load(name), scalar("seed", Seed)
    members = range(scalar("images.members", Count))
    decoding = section("images.decoder", Decoding)
    machine = Machine.asked()
    images = Images.from_arrays(read_arrays(Path("data/images/images.npz"), LAYOUT))
    trained = Trained.load(Path(f"data/images/trained/{name}.safetensors"))
    networks = restored(method, trained, images, seed, members, machine)
    with shown(Path(f"plots/images/decoding/{name}")) as report:
        decoders = fit(name, decoding, method, networks, images, seed, members, machine, report)
    decoders.save(Path(f"data/images/decoders/{name}.safetensors"))
    forget(f"decoder-{name}")


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
