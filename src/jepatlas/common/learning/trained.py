"""What a training leaves: the networks at its end and on the way, and the curves."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import InputError
from jepatlas.common.base.storage import ANEW
from jepatlas.common.learning.weights import read_tensors, write_tensors


@dataclass(frozen=True)
class Trained:
    """final: the networks' tensors at the end; snapshots: tensors by the step after which they were
    kept; curves: values after the steps `steps` `[rounds]`, by name, `[rounds, members]`; source:
    the file that it was read from."""

    final: dict[str, Tensor]
    snapshots: dict[int, dict[str, Tensor]]
    steps: Tensor
    curves: dict[str, Tensor]
    source: Path | None = None

    def save(self, path: Path) -> None:
        tensors = {f"final/{name}": tensor for name, tensor in self.final.items()}
        for step, snapshot in self.snapshots.items():
            tensors |= {f"snapshots/{step}/{name}": tensor for name, tensor in snapshot.items()}
        tensors |= {f"curves/{name}": values for name, values in self.curves.items()}
        write_tensors(path, {**tensors, "steps": self.steps})

    @classmethod
    def load(cls, path: Path) -> Self:
        """The inverse of `save`; a file that lacks something is an `InputError`."""
        tensors = read_tensors(path)
        final, kept = below("final", tensors), below("snapshots", tensors)
        if not final or "steps" not in tensors:
            raise InputError(f"{path}: lacks the final networks; {ANEW}")
        try:
            steps = sorted({int(name.partition("/")[0]) for name in kept})
        except ValueError:
            raise InputError(f"{path}: a snapshot is not one of a step; {ANEW}") from None
        snapshots = {step: below(str(step), kept) for step in steps}
        return cls(final, snapshots, tensors["steps"], below("curves", tensors), path)


def restore(networks: nn.Module, tensors: Mapping[str, Tensor], source: Path | None = None) -> None:
    """Put kept tensors into networks; tensors that do not fit are an `InputError`, which names the
    file that they come from."""
    try:
        networks.load_state_dict(tensors)
    except RuntimeError:
        where = f"{source}: " if source else ""
        raise InputError(
            f"{where}the weights do not fit the networks of params.yaml; {ANEW}"
        ) from None


def snapshot_steps(steps: int, count: int) -> set[int]:
    """At most `count` steps from 0 to `steps`, both included, evenly spaced in log(1 + step),
    because collapse and settling are early and fast."""
    grid = torch.linspace(0, math.log1p(steps), max(count, 2), dtype=torch.float64)
    return {round(math.expm1(float(x))) for x in grid}


def copy_of(networks: nn.Module) -> dict[str, Tensor]:
    """The tensors as they are now, on the CPU."""
    return {name: tensor.detach().cpu().clone() for name, tensor in networks.state_dict().items()}


def below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix/`, without it."""
    start = f"{prefix}/"
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
