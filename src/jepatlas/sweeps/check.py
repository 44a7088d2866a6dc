"""What is refused before any experiment of a sweep runs."""

import json
from collections.abc import Sequence
from pathlib import Path

from dvc.exceptions import DvcException
from dvc.repo import Repo

import jepatlas_dvc
from jepatlas.common.base.parameters import InputError, read
from jepatlas.sweeps.experiments import Experiment
from jepatlas.sweeps.file import Sweep, Value


def check(file: Path, sweep: Sweep, experiments: Sequence[Experiment]) -> None:
    """Every target, every key, and the whole of params.yaml as each experiment changes it.

    Raises `InputError`; what is wrong in params.yaml itself ends the process as it ends `dvc`: with
    one line and status 2.
    """
    check_keys(file, experiments)
    for experiment in experiments:
        jepatlas_dvc.check(["exp", "run", *settings(experiment)])
    for target in sweep.targets:
        check_target(file, target)


def settings(experiment: Experiment) -> list[str]:
    """The experiment's parameters as arguments of `dvc exp run`."""
    changes = [f"{key}={_literal(value)}" for key, value in experiment.overrides.items()]
    return [word for change in changes for word in ("--set-param", change)]


def check_keys(file: Path, experiments: Sequence[Experiment]) -> None:
    params = read()
    for key in dict.fromkeys(key for experiment in experiments for key in experiment.overrides):
        found = params
        for part in key.split("."):
            if not isinstance(found, dict) or part not in found:
                raise InputError(f"{file}: params.yaml has no {key}")
            found = found[part]


def check_target(file: Path, target: str) -> None:
    with Repo() as repo:
        try:
            stages = repo.stage.collect(target)
        except DvcException as error:
            raise InputError(f"{file}: targets: {' '.join(str(error).split())}") from None
        outs = [Path(out.def_path) for stage in stages for out in stage.outs]
    if not any(out.parent.name == "measured" for out in outs):
        raise InputError(f"{file}: targets: {target} measures nothing; name stages that evaluate")


def _literal(value: Value) -> str:
    """A value as Hydra's grammar has it, which reads JSON's numbers, texts and lists."""
    return json.dumps(value)
