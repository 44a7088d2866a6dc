"""Experiments on the nodes of a Ray cluster, each a task.

What nodes and home know of each other goes through the Git and DVC remotes that the user has
configured: a node gets the commit and its files from there, and pushes the experiment to them, as
DVC knows it. So what has been pushed is not lost when a node, or this process, ends.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from configobj import ConfigObj
from dvc.exceptions import DvcException
from dvc.repo import Repo
from ray import cloudpickle
from ray.exceptions import RayError

from jepatlas.common.base.parameters import InputError
from jepatlas.sweeps import node
from jepatlas.sweeps.check import settings
from jepatlas.sweeps.copies import IDENTITY, Project, git, setting
from jepatlas.sweeps.experiments import Experiment
from jepatlas.sweeps.file import Resources, Sweep
from jepatlas.sweeps.progress import Progress
from jepatlas.sweeps.runner import FOLDER, last_line

RETRIES = 5  # of an experiment whose node has died; one that fails is not tried again
GB = 2**30
EVERY = 5  # seconds, at most, between two looks at how it stands


@dataclass(frozen=True)
class Remotes:
    """git: the name of Git's; address: where it is; dvc: the settings of DVC's."""

    git: str
    address: str
    dvc: str

    @classmethod
    def of(cls, project: Project) -> "Remotes":
        """Those of the project. `InputError` if one cannot be reached, or Git's has no such
        commit."""
        if project.state != project.head:
            (changed, *_) = git(project.root, "diff", "--name-only", "HEAD").splitlines()
            raise InputError(f"{changed}: changed, and nodes take what is committed; git commit")
        with Repo() as repo:
            name = repo.config["exp"].get("git_remote", "origin")
            git(project.root, "fetch", "--quiet", name)
            if not git(project.root, "branch", "--remotes", "--contains", "HEAD", f"{name}/*"):
                raise InputError(f"git: {name} has no commit {project.head[:7]}; git push")
            return cls(name, git(project.root, "remote", "get-url", name), _storage(repo))


@dataclass
class Cluster:
    """The cluster at `address`, or one of this machine's own with `cores`."""

    project: Project
    sweep: Sweep
    message: str
    remotes: Remotes
    address: str | None
    cores: int
    threads: int | None

    def fetch(self, wanted: Sequence[Experiment]) -> None:
        """Bring home those that have been pushed; what they are, `Project.has` tells."""
        refs = f"{self.project.refs}/*"
        listed = git(self.project.root, "ls-remote", self.remotes.git, refs).splitlines()
        pushed = {line.rpartition("/")[-1] for line in listed}
        self.bring_home([experiment for experiment in wanted if experiment.name in pushed])

    def bring_home(self, experiments: Sequence[Experiment]) -> None:
        if not experiments:
            return
        with Repo() as repo:
            names = [experiment.name for experiment in experiments]
            repo.experiments.pull(self.remotes.git, exp_names=names, force=True, pull_cache=True)

    def run(self, missing: Sequence[Experiment], progress: Progress) -> None:
        """Run what is missing of a sweep."""
        if not missing:
            return
        with _connected(self.address, self.cores):
            resources = self.sweep.resources
            if not _places(resources):
                raise InputError(f"ray: no node has {_text(resources)}, as the sweep asks for")
            cloudpickle.register_pickle_by_value(node)
            task = ray.remote(node.run).options(
                num_cpus=resources.cpus,
                num_gpus=resources.gpus,
                memory=resources.memory_gb * GB,
                max_retries=RETRIES,
            )
            tasks = {task.remote(self.job(experiment)): experiment for experiment in missing}
            while tasks:
                places = max(1, _places(resources))
                running = min(places, len(tasks))
                left = progress.time_left(len(tasks), places)
                progress.tell(running, len(tasks) - running, left)
                ready, _ = ray.wait(list(tasks), num_returns=1, timeout=EVERY)
                ready, _ = ray.wait(list(tasks), num_returns=len(tasks), timeout=0)
                self.finish({tasks.pop(each): each for each in ready}, progress)
            progress.tell(0, 0, progress.time_left(0, 1))

    def job(self, experiment: Experiment) -> node.Job:
        root, resources = self.project.root, self.sweep.resources
        named = ["--name", experiment.name, "--message", self.message]
        return node.Job(
            experiment.name,
            self.project.head,
            self.remotes.address,
            {name: setting(root, name) for name in IDENTITY},
            self.remotes.dvc,
            [*named, *settings(experiment), *self.sweep.targets],
            self.threads or resources.cpus,
        )

    def finish(self, ended: dict[Experiment, Any], progress: Progress) -> None:
        """Those that have ended meanwhile come home together."""
        good = []
        for experiment, reference in ended.items():
            try:
                outcome: node.Outcome = ray.get(reference)
            except RayError as error:  # its nodes died again and again, or it took too much memory
                outcome = node.Outcome(False, 0, str(error))
            (FOLDER / f"{experiment.name}.log").write_text(outcome.log, encoding="utf-8")
            if outcome.ended_well:
                good.append(experiment)
                progress.took.append(outcome.seconds)
            else:
                progress.fail(experiment.name, last_line(outcome.log))
        self.bring_home(good)


def _storage(repo: Repo) -> str:
    """The settings of DVC's remote, which must be there, for .dvc/config.local of a node."""
    name = repo.config["core"].get("remote")
    if not name:
        raise InputError("dvc: has no default remote; dvc remote add --default NAME URL")
    try:
        there = repo.cloud.get_remote(name)
        if there.fs.protocol == "local" and not Path(there.path).is_dir():
            raise InputError(f"dvc: {name}: there is no folder {there.path}")
        _reach(there)
    except (DvcException, OSError) as error:
        raise InputError(f"dvc: {name}: {' '.join(str(error).split())}") from None
    remote = dict(repo.config["remote"][name])
    content = ConfigObj({"core": {"remote": name}, f'remote "{name}"': remote})
    return "\n".join(content.write())


def _reach(there: Any) -> None:
    """Ask for DVC's remote, which may be empty as yet. Over HTTP, what does not answer is told as
    a file that is not found, of which the error's cause says that it was no answer."""
    try:
        there.fs.info(there.path)
    except FileNotFoundError as error:
        if isinstance(error.__cause__, OSError):
            raise error.__cause__ from None


@contextmanager
def _connected(address: str | None, cores: int) -> Iterator[None]:
    try:
        if address:
            ray.init(address, log_to_driver=False, logging_level="ERROR")
        else:
            ray.init(
                "local",
                num_cpus=cores,
                include_dashboard=False,
                log_to_driver=False,
                logging_level="ERROR",
            )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(f"ray: {address}: {str(error).splitlines()[0]}") from None
    try:
        yield
    finally:
        ray.shutdown()  # which ends the tasks too


def _places(resources: Resources) -> int:
    """How many experiments the nodes can have at once."""
    wanted = {
        "CPU": resources.cpus,
        "GPU": resources.gpus,
        "memory": resources.memory_gb * GB,
    }
    return sum(
        int(min(each["Resources"].get(name, 0) // need for name, need in wanted.items() if need))
        for each in ray.nodes()
        if each["Alive"]
    )


def _text(resources: Resources) -> str:
    return f"{resources.cpus} CPUs, {resources.gpus} GPUs and {resources.memory_gb:g} GB of memory"
