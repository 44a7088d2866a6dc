"""Training one network in epochs over a data set, resumable after each epoch.

With the loop for ensembles (`training.py`) it shares the moving average and the snapshots; what is
its own are epochs, AdamW, a warm-up, checkpoints and curves.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Generator, Tensor, nn
from tqdm import tqdm

from jepatlas.common.base.parameters import Count, NonNegative, Positive, Section
from jepatlas.common.base.random import torch_seed
from jepatlas.common.learning.checkpoint import Checkpoint
from jepatlas.common.learning.training import Diverged, copy_of, follow, snapshot_steps

WARM_UP = 0.05  # of all steps: the learning rate rises from 0, then falls to 0 along a cosine

Curves = dict[str, list[float]]


class Epochs(Section):
    """The parameters of the loop. batch: examples per step; weight_decay: of matrices and kernels,
    not of biases and normalisations."""

    epochs: Count
    batch: Count
    learning_rate: Positive
    weight_decay: NonNegative


@dataclass(frozen=True)
class Batch:
    """One step's work: in which epoch, from 1, which examples `[batch]`, how far training is (0 to
    1), and the generator for whatever is drawn."""

    epoch: int
    examples: Tensor
    progress: float
    generator: Generator


@dataclass
class State:
    """How far training is: epochs done, a value per epoch for each curve, and copies of the part
    `online` after some of the epochs."""

    epoch: int = 0
    curves: Curves = field(default_factory=dict)
    snapshots: dict[int, dict[str, Tensor]] = field(default_factory=dict)


class Trainer:
    """The loop, its optimiser and its state.

    networks: the part `online` and any other part are trained where they require a gradient; a
    part `average` follows `online`, its decay rising from `averaging` to 1 along a cosine (BYOL).
    """

    def __init__(
        self,
        networks: nn.ModuleDict,
        settings: Epochs,
        seed: int,
        label: str,
        averaging: float | None = None,
        snapshots: int = 0,
    ) -> None:
        self.networks, self.settings, self.seed, self.label = networks, settings, seed, label
        self.averaging = averaging
        self.wanted = snapshot_steps(settings.epochs, snapshots) if snapshots else set()
        self.state = State()
        self.optimiser = torch.optim.AdamW(_groups(networks, settings), fused=True)

    def run(
        self,
        count: int,
        loss: Callable[[Batch], Tensor],
        measure: Callable[[], Mapping[str, float]],
        checkpoint: Checkpoint,
        report: Callable[[Mapping[str, float]], None],
    ) -> State:
        """Minimise `loss(batch)`, a scalar, over `count` examples; the last, smaller batch of an
        epoch is left out. `measure` and `report`: after each epoch, the values to keep in curves
        beside the mean loss, and where to show them; epochs done before an interruption are
        reported again.

        Raises `Diverged`, naming the label and the step, when a loss is not finite.
        """
        self._resume(checkpoint)
        if 0 in self.wanted and self.state.epoch == 0:
            self._keep_snapshot()
        for row in zip(*self.state.curves.values(), strict=True):
            report(dict(zip(self.state.curves, row, strict=True)))
        for epoch in range(self.state.epoch + 1, self.settings.epochs + 1):
            values = {"loss": self._epoch(epoch, count, loss), **measure()}
            for name, value in values.items():
                self.state.curves.setdefault(name, []).append(value)
            self.state.epoch = epoch
            if epoch in self.wanted:
                self._keep_snapshot()
            checkpoint.save(self._tensors())
            report(values)
        return self.state

    def _epoch(self, epoch: int, count: int, loss: Callable[[Batch], Tensor]) -> float:
        generator = Generator().manual_seed(torch_seed(self.seed, epoch, "epoch"))
        batches = torch.randperm(count, generator=generator).split(self.settings.batch)
        batches = batches[: count // self.settings.batch]
        done, steps = (epoch - 1) * len(batches), self.settings.epochs * len(batches)
        losses = []
        title = f"{self.label} {epoch}/{self.settings.epochs}"
        with tqdm(batches, title, unit="step", disable=None, leave=False) as bar:
            for step, examples in enumerate(bar, start=done):
                self._set_learning_rate(step / steps)
                batch = Batch(epoch, examples, step / steps, generator)
                losses.append(self._step(loss(batch)))
                self._follow((step + 1) / steps)
        return self._checked_mean(torch.stack(losses).cpu(), done, epoch)

    def _checked_mean(self, losses: Tensor, done: int, epoch: int) -> float:
        if not losses.isfinite().all():
            late = int((~losses.isfinite()).nonzero()[0])
            raise Diverged(
                f"{self.label}: a loss of {losses[late].item()} at step {done + late + 1}, "
                f"in epoch {epoch}; try a smaller learning_rate or a larger batch"
            )
        return losses.mean().item()

    def _step(self, loss: Tensor) -> Tensor:
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return loss.detach()

    def _set_learning_rate(self, progress: float) -> None:
        shape = min(progress / WARM_UP, 1.0) * _cosine(progress)
        for group in self.optimiser.param_groups:
            group["lr"] = self.settings.learning_rate * shape

    @torch.no_grad()
    def _follow(self, progress: float) -> None:
        if self.averaging is None:
            return
        decay = 1 - (1 - self.averaging) * _cosine(progress)
        average, online = self.networks["average"], self.networks["online"]
        follow(list(average.parameters()), list(online.parameters()), decay)

    def _keep_snapshot(self) -> None:
        self.state.snapshots[self.state.epoch] = copy_of(self.networks["online"])

    def _tensors(self) -> dict[str, Tensor]:
        """Everything that training goes on from, by name."""
        state = self.state
        tensors = {f"networks/{k}": v for k, v in self.networks.state_dict().items()}
        for number, moments in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser/{number}/{name}": v for name, v in moments.items()}
        # Numbered, because a file of tensors does not keep their order.
        for place, (name, values) in enumerate(state.curves.items()):
            tensors[f"curves/{place}/{name}"] = torch.tensor(values, dtype=torch.float64)
        for epoch, snapshot in state.snapshots.items():
            tensors |= {f"snapshots/{epoch}/{name}": v for name, v in snapshot.items()}
        tensors["epoch"] = torch.tensor(state.epoch)
        return {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}

    def _resume(self, checkpoint: Checkpoint) -> None:
        tensors = checkpoint.load()
        if tensors is None:
            return
        self.networks.load_state_dict(_below("networks", tensors))
        optimiser = self.optimiser.state_dict()
        parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        for number, parameter in enumerate(parameters):
            moments = _below(f"optimiser/{number}", tensors)
            optimiser["state"][number] = {
                # In the parameter's own memory format, or the next step rounds differently.
                name: torch.empty_like(parameter).copy_(value) if value.ndim else value
                for name, value in moments.items()
            }
        self.optimiser.load_state_dict(optimiser)
        ordered = sorted(_below("curves", tensors).items())
        curves = {name.partition("/")[2]: values.tolist() for name, values in ordered}
        snapshots = _below("snapshots", tensors)
        epochs = sorted({int(name.partition("/")[0]) for name in snapshots})
        kept = {epoch: _below(str(epoch), snapshots) for epoch in epochs}
        self.state = State(int(tensors["epoch"]), curves, kept)


def _cosine(progress: float) -> float:
    """From 1 to 0 along half a wave."""
    return (1 + math.cos(math.pi * progress)) / 2


def _groups(networks: nn.Module, settings: Epochs) -> list[dict[str, object]]:
    trained = [p for p in networks.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix/`, without it."""
    start = f"{prefix}/"
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
