"""The training loop of the ensembles: optimiser, schedule, EMA, divergence, snapshots, progress."""

import math
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

import torch
from pydantic import AfterValidator
from torch import Tensor, nn
from tqdm import tqdm

from jepatlas import objectives
from jepatlas.common.base.parameters import Count, Fraction, InputError, Positive, Section
from jepatlas.common.learning.weights import read_tensors, write_tensors

LOG_EVERY = 20  # steps over which the reported loss is averaged
Schedule = Literal["constant", "cosine"]


def _is_a_family(value: str) -> str:
    modules = {module.name for module in pkgutil.iter_modules(objectives.__path__)}
    families = sorted(modules - {"checks"})
    if value not in families:
        raise ValueError(f"should be one of {', '.join(families)}")
    return value


Family = Annotated[str, AfterValidator(_is_a_family)]  # a file of `objectives/`


class Training(Section):
    """The parameters of the loop.

    batch: points per step and member, drawn with replacement, where there are batches; schedule: of
    the learning rate, `cosine` goes to 0; averaging: decay of the moving average, for methods that
    have one.
    """

    steps: Count
    batch: Count | None = None
    learning_rate: Positive
    schedule: Schedule
    averaging: Fraction | None = None


class Diverged(InputError):
    """A loss was not finite."""


@dataclass(frozen=True)
class Trained:
    """`losses` `[logs, members]`, means over the steps up to each of `steps` `[logs]`;
    `snapshots`: the networks' tensors after the steps that are the keys, the last included."""

    steps: Tensor
    losses: Tensor
    snapshots: dict[int, dict[str, Tensor]]

    @property
    def final(self) -> dict[str, Tensor]:
        """The networks' tensors at the end."""
        return self.snapshots[max(self.snapshots)]

    def save(self, path: Path) -> None:
        tensors = {"steps": self.steps, "losses": self.losses}
        for step, snapshot in self.snapshots.items():
            tensors |= {f"{step}/{name}": tensor for name, tensor in snapshot.items()}
        write_tensors(path, tensors)

    @classmethod
    def load(cls, path: Path) -> Self:
        tensors = read_tensors(path)
        try:
            steps, losses = tensors.pop("steps"), tensors.pop("losses")
        except KeyError as missing:
            raise InputError(f"{path}: lacks the tensor {missing}") from None
        snapshots: dict[int, dict[str, Tensor]] = {}
        try:
            for key, tensor in tensors.items():
                step, name = key.split("/", 1)
                snapshots.setdefault(int(step), {})[name] = tensor
        except ValueError:
            raise InputError(f"{path}: {key} is not a tensor of a step") from None
        if not snapshots:
            raise InputError(f"{path}: holds no snapshot")
        return cls(steps, losses, snapshots)


def train(
    networks: nn.ModuleDict,
    loss: Callable[[], Tensor],
    training: Training,
    snapshots: int,
    label: str,
) -> Trained:
    """Minimise `loss() -> [members]`, each member's own, with Adam.

    Where `networks` has a part `average`, it follows the part `online` as an exponential moving
    average (Polyak averaging; the target encoder of BYOL). `snapshots` states are kept, evenly
    spaced in the logarithm of the step, because collapse and settling are early and fast.

    Raises `Diverged`, naming `label`, the member and the step, when a loss is not finite;
    `InputError` when there is a part `average` but no `averaging`, or the other way round.
    """
    online: list[Tensor] = list(networks["online"].parameters())
    average: list[Tensor] = list(networks["average"].parameters()) if "average" in networks else []
    decay = _decay(training, bool(average), label)
    trained = [p for p in networks.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(trained, lr=training.learning_rate, fused=True)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimiser, _shape(training))
    wanted = snapshot_steps(training.steps, snapshots)
    kept = {0: copy_of(networks)} if 0 in wanted else {}
    logged: list[Tensor] = []
    window: list[Tensor] = []
    log_steps: list[int] = []
    with tqdm(total=training.steps, desc=label, unit="step", disable=None) as bar:
        for step in range(1, training.steps + 1):
            losses = loss()
            optimiser.zero_grad()
            losses.sum().backward()
            optimiser.step()
            scheduler.step()
            if average:
                follow(average, online, decay)
            window.append(losses.detach())
            if step % LOG_EVERY == 0 or step == training.steps:
                logged.append(_checked_mean(window, step, label))
                log_steps.append(step)
                bar.update(len(window))
                window = []
            if step in wanted:
                kept[step] = copy_of(networks)
    return Trained(torch.tensor(log_steps), torch.stack(logged), kept)


def restore(networks: nn.Module, snapshot: dict[str, Tensor]) -> None:
    """Put a snapshot's tensors into networks; tensors that do not fit are an `InputError`."""
    try:
        networks.load_state_dict(snapshot)
    except RuntimeError:
        raise InputError(
            "the stored weights do not fit the networks of params.yaml; `dvc repro` trains anew"
        ) from None


def snapshot_steps(steps: int, count: int) -> set[int]:
    """At most `count` steps from 0 to `steps`, both included, evenly spaced in log(1 + step)."""
    grid = torch.linspace(0, math.log1p(steps), max(count, 2), dtype=torch.float64)
    return {round(math.expm1(float(x))) for x in grid}


def _decay(training: Training, needed: bool, label: str) -> float:
    if needed != (training.averaging is not None):
        raise InputError(
            f"{label}.averaging: {'missing' if needed else 'this method has no moving average'}"
        )
    return training.averaging or 0.0


@torch.no_grad()
def follow(average: list[Tensor], online: list[Tensor], decay: float) -> None:
    """average <- decay average + (1 - decay) online, in one call for all tensors."""
    torch._foreach_lerp_(average, online, 1 - decay)


def _shape(training: Training) -> Callable[[int], float]:
    if training.schedule == "constant":
        return lambda step: 1.0
    return lambda step: (1 + math.cos(math.pi * step / training.steps)) / 2


def copy_of(networks: nn.Module) -> dict[str, Tensor]:
    """The tensors as they are now, on the CPU."""
    return {name: tensor.detach().cpu().clone() for name, tensor in networks.state_dict().items()}


def _checked_mean(window: list[Tensor], step: int, label: str) -> Tensor:
    losses = torch.stack(window).cpu()  # [window, members]
    if not losses.isfinite().all():
        late, member = (~losses.isfinite()).nonzero()[0].tolist()
        raise Diverged(
            f"{label}: member {member} had a loss of {losses[late, member].item()} at step "
            f"{step - len(window) + 1 + late}; try a smaller learning_rate or a larger batch"
        )
    return losses.mean(0)
