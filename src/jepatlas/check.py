"""Validate the whole of params.yaml before anything runs: `python -m jepatlas.check`.

Each stage validates what it reads; this also finds what no stage reads, such as a mistyped key.
"""

from jepatlas.common.base import parameters, stage
from jepatlas.common.base.parameters import Device, Section, Seed
from jepatlas.common.learning.epochs import Epochs
from jepatlas.images.learning import method as images_method
from jepatlas.images.track import Parameters as Images
from jepatlas.mixture.learning import method
from jepatlas.mixture.track import Parameters as Mog
from jepatlas.noisy_tv.learning.method import parse
from jepatlas.noisy_tv.track import Parameters as NoisyTv
from jepatlas.noisy_tv.truth.parameters import Recipes


class Everything(Section):
    """The top level of params.yaml."""

    seed: Seed
    device: Device
    mixture: Mog
    noisy_tv: NoisyTv
    images: Images


def main() -> None:
    everything = parameters.validate(parameters.read(), Everything, key="")
    for name in everything.mixture.methods:
        method.load(name)
    for name in everything.images.methods:
        images_method.load(name)
    parameters.section("images.decoder", Epochs)
    noisy_tv = everything.noisy_tv
    for name, blocks in noisy_tv.methods.items():
        for recipe in Recipes.model_fields:
            parse(name, recipe, blocks, noisy_tv.system.observation)


if __name__ == "__main__":
    stage.run(main)
