"""The training loop, one for every track: schedule, average, curves, checkpoint."""

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from tqdm import tqdm

from jepatlas.common.base.parameters import Fraction, InputError, NonNegative, Positive, Section
from jepatlas.common.learning.adamw import AdamW
from jepatlas.common.learning.batches import Batch, Batches
from jepatlas.common.learning.checkpoint import Checkpoint
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import owner
from jepatlas.common.learning.trained import Trained, below, copy_of

CHECKPOINT_EVERY = 2.0  # seconds, at least: quick trainings write none
# Weights beyond it have run away. A step of Adam changes a weight by some learning_rate, so that a
# training with a sum of rates below a thousand never gets there.
LARGEST_WEIGHT = 1e4
Schedule = Literal["constant", "cosine"]
Loss = Callable[[Batch], Tensor]
Row = Mapping[str, Tensor]  # the values of a round: name -> [members]


class Training(Section):
    """The parameters of the loop.

    schedule: of the learning rate, `cosine` goes to 0; warm_up: the share of all steps in which the
    rate rises from 0; weight_decay: of matrices and kernels, not of biases and normalisations;
    averaging: decay of the moving average, for methods that have one. Under a cosine schedule the
    decay rises to 1 (BYOL: Grill et al. 2020, arXiv 2006.07733).
    """

    learning_rate: Positive
    schedule: Schedule
    warm_up: Fraction = 0.0
    weight_decay: NonNegative = 0.0
    averaging: Fraction | None = None

    def shape(self, progress: float) -> float:
        """The schedule without warm-up, from 1 on: what is left of rate and averaging."""
        return 1.0 if self.schedule == "constant" else (1 + math.cos(math.pi * progress)) / 2

    def rate(self, progress: float) -> float:
        """The learning rate at a share of all steps."""
        warm = min(progress / self.warm_up, 1.0) if self.warm_up else 1.0
        return self.learning_rate * warm * self.shape(progress)

    def decay(self, progress: float) -> float:
        """The decay of the moving average at a share of all steps."""
        return 1 - (1 - (self.averaging or 0.0)) * self.shape(progress)


class Diverged(InputError):
    """A loss was not finite or could not be computed, or a weight has run away."""


def train(
    networks: nn.ModuleDict,
    loss: Loss,
    batches: Batches,
    training: Training,
    label: str,
    *,
    draws: Sequence[Draws] = (),
    snapshots: Collection[int] = (),
    parts: Collection[str] | None = None,
    measure: Callable[[], Row] = dict,
    report: Callable[[Row], None] = lambda row: None,
    checkpoint: Checkpoint | None = None,
) -> Trained:
    """Minimise `loss(batch) -> [members]`, each member's own, over all `batches`.

    Where `networks` has a part `average`, it follows the part `online` as an exponential moving
    average (Polyak averaging; the target encoder of BYOL). After each round of batches the mean
    loss and what `measure` says become a row of the curves, which `report` is told; rows of before
    an interruption are reported again.

    draws: everything that draws, so that training can be resumed; snapshots: the steps after which
    the networks are kept, or those `parts` of them; label: the method's key in params.yaml.
    With a checkpoint, an interrupted training goes on from it to the same bytes.

    Raises `Diverged`, naming label, member and step, when a loss is not finite or, at the end of a
    round, a weight is beyond `LARGEST_WEIGHT`, and when a loss meets a matrix that has no root or
    inverse; `InputError` when there is a part `average` but no `averaging`, or the other way round.
    """
    run = _Run(networks, training, draws, label, parts or list(networks))
    run.resume(checkpoint)
    for row in run.rows():
        report(row)
    saved = time.monotonic()
    with tqdm(total=batches.steps, initial=run.step, desc=label, unit="step", disable=None) as bar:
        if run.step == 0 and 0 in snapshots:
            run.keep()
        while run.step < batches.steps:
            losses = []
            try:
                for _ in range(min(batches.round, batches.steps - run.step)):
                    losses.append(run.advance(loss, batches))
                    if run.step in snapshots:
                        run.keep()
            except torch.linalg.LinAlgError as error:  # type: ignore[attr-defined]  # it is public
                run.check(losses)  # which names the member, if it is for this
                raise run.diverged(f"no loss ({error})", run.step + 1) from None
            run.check(losses)
            row = {"loss": torch.stack(losses).cpu().mean(0), **measure()}
            run.note(row)
            if checkpoint and time.monotonic() - saved >= CHECKPOINT_EVERY:
                checkpoint.save(run.tensors())
                saved = time.monotonic()
            report(row)
            bar.update(len(losses))
    return Trained(
        copy_of(networks),
        run.snapshots,
        torch.tensor(run.noted),
        {name: torch.stack(values) for name, values in run.curves.items()},
    )


class _Run:
    """The state of a training: how far it is, and all that it goes on from."""

    def __init__(
        self,
        networks: nn.ModuleDict,
        training: Training,
        draws: Sequence[Draws],
        label: str,
        parts: Collection[str],
    ) -> None:
        if ("average" in networks) != (training.averaging is not None):
            missing = "missing" if "average" in networks else "this method has no moving average"
            raise InputError(f"{label}.averaging: {missing}")
        self.networks, self.training, self.draws, self.label = networks, training, draws, label
        self.kept = nn.ModuleDict({name: networks[name] for name in parts})
        self.trained = {name: p for name, p in networks.named_parameters() if p.requires_grad}
        self.optimiser = AdamW(self.trained, training.weight_decay)
        self.online: list[Tensor] = (
            list(networks["online"].parameters()) if "average" in networks else []
        )
        self.average: list[Tensor] = list(networks["average"].parameters()) if self.online else []
        self.step = 0
        self.noted: list[int] = []  # the steps at which the curves have a row
        self.curves: dict[str, list[Tensor]] = {}
        self.snapshots: dict[int, dict[str, Tensor]] = {}

    def advance(self, loss: Loss, batches: Batches) -> Tensor:
        """One step; the losses of the members before it, `[members]`."""
        rate = self.training.rate(self.step / batches.steps)
        losses = loss(batches.batch(self.step))
        self.optimiser.zero_grad()
        losses.sum().backward()  # members share nothing, so their gradients do not mix
        self.optimiser.step(rate)
        self.step += 1
        if self.average:
            self._follow(self.training.decay(self.step / batches.steps))
        return losses.detach()

    @torch.no_grad()
    def _follow(self, decay: float) -> None:
        """average <- decay average + (1 - decay) online, in one call for all tensors."""
        torch._foreach_lerp_(self.average, self.online, 1 - decay)

    def check(self, losses: list[Tensor]) -> None:
        """Raise `Diverged` where one of the last steps' losses `[members]` is not finite, or a
        weight has run away. That losses need not tell: those of cosines stay as they were, and
        none is computed of the weights after the last step."""
        if not losses:
            return
        stacked = torch.stack(losses).cpu()  # [steps, members]
        if not stacked.isfinite().all():
            late, member = (~stacked.isfinite()).nonzero()[0].tolist()
            value = stacked[late, member].item()
            step = self.step - len(losses) + 1 + late
            raise self.diverged(f"member {member} had a loss of {value}", step)
        largest = torch.stack([p.detach().abs().max() for p in self.trained.values()]).cpu()
        beyond = ~(largest <= LARGEST_WEIGHT)  # true of a NaN too
        if beyond.any():
            place = int(beyond.int().argmax())
            member = owner(self.networks, list(self.trained)[place], stacked.shape[1])
            value = largest[place].item()
            raise self.diverged(f"member {member} had a weight of {value:.3g}", self.step)

    def diverged(self, what: str, step: int) -> Diverged:
        advice = "try a smaller learning_rate or a larger batch"
        return Diverged(f"{self.label}: {what} at step {step}; {advice}")

    def keep(self) -> None:
        self.snapshots[self.step] = copy_of(self.kept)

    def note(self, row: Row) -> None:
        self.noted.append(self.step)
        for name, values in row.items():
            self.curves.setdefault(name, []).append(values)

    def rows(self) -> list[Row]:
        """The rows of the curves, oldest first."""
        rows = zip(*self.curves.values(), strict=True)
        return [dict(zip(self.curves, row, strict=True)) for row in rows]

    def tensors(self) -> dict[str, Tensor]:
        """Everything that training goes on from, by name."""
        found = {f"networks/{k}": v for k, v in self.networks.state_dict().items()}
        found |= {f"optimiser/{k}": v for k, v in self.optimiser.state().items()}
        for number, source in enumerate(self.draws):
            found[f"draws/{number}"] = source.state()
        # Numbered, because a file of tensors does not keep their order.
        for place, (name, values) in enumerate(self.curves.items()):
            found[f"curves/{place}/{name}"] = torch.stack(values)
        for step, snapshot in self.snapshots.items():
            found |= {f"snapshots/{step}/{name}": v for name, v in snapshot.items()}
        found["noted"] = torch.tensor(self.noted)
        return {name: tensor.cpu().contiguous() for name, tensor in found.items()}

    def resume(self, checkpoint: Checkpoint | None) -> None:
        """Go on from where a checkpoint was written, if there is one."""
        tensors = checkpoint.load() if checkpoint else None
        if tensors is None:
            return
        self.networks.load_state_dict(below("networks", tensors))
        self.optimiser.restore(below("optimiser", tensors))
        for number, source in enumerate(self.draws):
            source.restore(tensors[f"draws/{number}"])
        for name, values in sorted(below("curves", tensors).items()):
            self.curves[name.partition("/")[2]] = list(values)
        kept = below("snapshots", tensors)
        for step in sorted({int(name.partition("/")[0]) for name in kept}):
            self.snapshots[step] = below(str(step), kept)
        self.noted = tensors["noted"].tolist()
        self.step = self.noted[-1]
