"""Validate the whole of params.yaml before anything runs: `python -m jepatlas.check`.

Each stage validates what it reads; this also finds what no stage reads, such as a mistyped key.
"""

from jepatlas.common import parameters, stage
from jepatlas.common.epochs import Epochs
from jepatlas.common.parameters import Device, Section, Seed
from jepatlas.images import method as images_method
from jepatlas.images.parameters import Images
from jepatlas.mog import method
from jepatlas.mog.parameters import Mog
from jepatlas.noisy_tv.method import parse
from jepatlas.noisy_tv.parameters import NoisyTv, Recipes


class Everything(Section):
    """The top level of params.yaml."""

    seed: Seed
    device: Device
    mog: Mog
    noisy_tv: NoisyTv
    images: Images


def main() -> None:
    everything = parameters.validate(parameters.read(), Everything, key="")
    for name in everything.mog.methods:
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
