"""Draw the trajectories of the noisy TV: `python -m stages.noisy_tv.data`."""

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import section
from jepatlas.common.base.storage import write_arrays
from jepatlas.noisy_tv.truth.parameters import Data
from jepatlas.noisy_tv.truth.settings import TRAJECTORIES, settings
from jepatlas.noisy_tv.truth.world import World


def main() -> None:
    data, wanted = section("noisy_tv.data", Data), settings()
    for file, system in {setting.file: setting.system for setting in wanted}.items():
        seeds = max(setting.choice.seeds for setting in wanted if setting.file == file)
        write_arrays(TRAJECTORIES / f"{file}.npz", World.draw(system, data, seeds).arrays())


if __name__ == "__main__":
    stage.run(main)
