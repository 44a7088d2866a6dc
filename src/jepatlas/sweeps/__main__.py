"""`python -m jepatlas.sweeps FILE`: run a sweep; table and figure go to sweeps/results/NAME.

What is there already, of the same commit, code and parameters, is not run again.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jepatlas.common.base import stage
from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import write_csv
from jepatlas.sweeps import figure, results
from jepatlas.sweeps.check import check
from jepatlas.sweeps.copies import Project
from jepatlas.sweeps.experiments import experiments
from jepatlas.sweeps.file import Sweep, read
from jepatlas.sweeps.progress import Progress
from jepatlas.sweeps.runner import Runner, alone

if TYPE_CHECKING:
    from jepatlas.sweeps.cluster import Cluster

RESULTS = Path("sweeps/results")


def main(*arguments: str) -> None:
    given = _arguments(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    file, name = given.file, given.file.stem
    sweep = read(file)
    on_cluster = given.engine == "ray"
    wanted = experiments(name, sweep, on_gpu=on_cluster and sweep.resources.gpus > 0)
    check(file, sweep, wanted)
    with alone():
        project = Project.here()
        message = f"sweep {name}: {' '.join(sweep.targets)}"
        missing = [e for e in wanted if not project.has(e, message)]
        engine: Cluster | Runner
        if on_cluster:
            engine = cluster = _cluster(project, sweep, message, given)
            cluster.fetch(missing)
            missing = [e for e in missing if not project.has(e, message)]
        else:
            threads = given.threads or max(1, _cores() // given.workers)
            engine = Runner(project, sweep.targets, message, given.workers, threads)
        progress = Progress(done=len(wanted) - len(missing))
        try:
            engine.run(missing, progress)
        except KeyboardInterrupt:
            print("\ninterrupted; the same command goes on from here", file=sys.stderr)
            raise SystemExit(130) from None
    failed = progress.failed
    there = [experiment for experiment in wanted if experiment.name not in failed]
    if there:
        found = results.table(project, file, sweep, there)
        write_csv(RESULTS / name / "table.csv", found)
        figure.save(figure.draw(found, sweep), RESULTS / name / "figure")
        print(f"{RESULTS / name}: table.csv, figure.png, figure.svg")
    for experiment, line in failed.items():
        print(f"failed: {experiment}: {line}", file=sys.stderr)
    if failed:
        raise SystemExit(1)


def _cluster(project: Project, sweep: Sweep, message: str, given: argparse.Namespace) -> "Cluster":
    try:
        from jepatlas.sweeps.cluster import Cluster, Remotes
    except ModuleNotFoundError:
        raise InputError("--engine ray: Ray is not installed; pip install '.[ray]'") from None
    remotes = Remotes.of(project)
    return Cluster(project, sweep, message, remotes, given.address, given.workers, given.threads)


def _arguments(given: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m jepatlas.sweeps", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE", help="such as sweeps/dsm_sigma.yaml")
    parser.add_argument("--workers", type=_count, default=_cores(), help="default: the cores")
    parser.add_argument("--threads", type=_count, help="of each; default: cores by workers")
    parser.add_argument("--engine", choices=("here", "ray"), default="here")
    parser.add_argument("--address", help="of a running Ray cluster; default: one of this machine")
    found = parser.parse_args(given)
    if found.address and found.engine != "ray":
        parser.error("--address is that of a Ray cluster: --engine ray")
    return found


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"should be 1 or more, is {text}")
    return int(text)


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    stage.run(main, *sys.argv[1:])
