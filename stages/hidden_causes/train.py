"""Train every member of one method: `python -m stages.hidden_causes.train METHOD`."""

import sys
from pathlib import Path

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import Count, Seed, Snapshots, scalar, section
from jepatlas.common.learning import device
from jepatlas.common.learning.checkpoint import forget
from jepatlas.hidden_causes.learning.fitting import fit
from jepatlas.hidden_causes.learning.method import changed, load
from jepatlas.hidden_causes.truth.parameters import Worlds
from jepatlas.hidden_causes.truth.worlds import settings


def main(name: str) -> None:
    method, seed = load(name), scalar("seed", Seed)
    worlds, seeds = section("hidden_causes.worlds", Worlds), scalar("hidden_causes.seeds", Count)
    snapshots = scalar("hidden_causes.snapshots", Snapshots)
    target = device.asked()
    chosen = settings(worlds, seeds, method.suites)
    methods = [changed(method, setting, name) for setting in chosen]
    for setting, own in zip(chosen, methods, strict=True):
        trained = fit(name, own, setting, seed, snapshots, target)
        trained.save(Path(f"data/hidden_causes/trained/{name}/{setting.name}.safetensors"))
    forget(f"hidden_causes-{name}")


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
