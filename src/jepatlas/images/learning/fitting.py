"""Train one method's networks on images without their labels."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import PARAMS, InputError
from jepatlas.common.base.vectors import unit
from jepatlas.common.learning.batches import Batch, Epochs
from jepatlas.common.learning.checkpoint import checkpoint_for
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.trained import Trained, restore, snapshot_steps
from jepatlas.common.learning.training import Row, train
from jepatlas.images.learning.machine import Machine
from jepatlas.images.learning.method import Base, Pairs
from jepatlas.images.learning.neighbours import Partners, nearest, vote
from jepatlas.images.truth.world import Images

Array = npt.NDArray[Any]

REFERENCES = 10_000  # training images that held-out ones are compared with during training


def held_out(count: int) -> int:
    """How many of `count` training images are kept from training: 5,000 of MNIST's 60,000."""
    return count // 12


def trained_on(images: Images, batch: int, key: str) -> int:
    """How many of the first training images are trained on; fewer than a `batch`, the parameter
    at `key`, are an `InputError`."""
    count = len(images.train) - held_out(len(images.train))
    if batch > count:
        raise InputError(
            f"{PARAMS}: {key}: should be at most the {count} images to train on, is {batch}"
        )
    return count


def numbers(method: Base, members: Sequence[int]) -> list[int]:
    """The numbers of the networks of these members, which their draws are seeded by: as many for
    each member as its ensemble has."""
    size = method.ensemble_size
    return [member * size + place for member in members for place in range(size)]


def concatenated(z: Array, method: Base) -> Array:
    """The embeddings of each member's networks in one vector: `[networks, n, dim]` to
    `[members, n, ensemble_size * dim]`."""
    networks, n, dim = z.shape
    grouped = z.reshape(networks // method.ensemble_size, method.ensemble_size, n, dim)
    return grouped.transpose(0, 2, 1, 3).reshape(len(grouped), n, -1)


def initial(
    method: Base, images: Images, seed: int, members: Sequence[int], machine: Machine
) -> nn.ModuleDict:
    """The networks before training, on the machine's device."""
    draws = Draws(seed, numbers(method, members), "weights")
    return method.networks(images.shape, draws).to(machine.device)


def restored(
    method: Base,
    trained: Trained,
    images: Images,
    seed: int,
    members: Sequence[int],
    machine: Machine,
) -> nn.ModuleDict:
    """Networks with the final weights, to be used and no longer trained."""
    networks = initial(method, images, seed, members, machine)
    restore(networks, trained.final, trained.source)
    return networks.eval().requires_grad_(False)


def embedded(
    ask: Callable[[nn.ModuleDict, Tensor], Tensor],
    method: Base,
    networks: nn.ModuleDict,
    images: Array,
    machine: Machine,
    members: int,
) -> Array:
    """What a method's `embed` or `predict`, the function `ask`, makes of images: uint8
    `[n, height, width]` to `[members, n, ensemble_size * dim]`."""
    answer = partial(ask, networks)
    return concatenated(machine.apply(answer, images, members * method.ensemble_size), method)


def fit(
    name: str,
    method: Base,
    images: Images,
    seed: int,
    members: Sequence[int],
    snapshots: int,
    machine: Machine,
    report: Callable[[Row], None],
) -> Trained:
    """Train all members on the training images but those held out, without labels.

    Labels are used only for the curve of the accuracy on the images held out. members: their
    numbers; report: is told the values of each epoch, `[members]`; name: of the method.
    """
    label = f"images.methods.{name}"
    count = trained_on(images, method.batch, f"{label}.batch")
    _check_neighbours(method, count, label)
    networks = initial(method, images, seed, members, machine)
    order, draws, choice = (
        Draws(seed, numbers(method, members), purpose, machine.device)
        for purpose in ("order", "perturbations", "partners")
    )
    batches = Epochs(method.epochs, method.batch, count, order)
    pairs = _Pairs(method, networks, images.train[:count], machine, choice)

    def loss(batch: Batch) -> Tensor:
        given = pairs.of(batch)
        with machine.autocast():
            losses = method.loss(networks, given, draws)
        # A network's own loss; a member's is the sum over its ensemble.
        return losses.view(len(members), method.ensemble_size).sum(1)

    key = (method, seed, list(members), snapshots, machine)
    epochs = snapshot_steps(method.epochs, snapshots)
    return train(
        networks,
        loss,
        batches,
        method,
        label,
        draws=(order, draws, choice),
        snapshots={epoch * batches.round for epoch in epochs},
        parts=("online",),
        measure=partial(_accuracy, method, networks, images, count, machine, len(members)),
        report=report,
        checkpoint=checkpoint_for(f"images-{name}", key, images.arrays()),
    )


def _check_neighbours(method: Base, count: int, label: str) -> None:
    if method.neighbours >= count:
        raise InputError(
            f"{PARAMS}: {label}.neighbours: should be less than the {count} images to train on, "
            f"is {method.neighbours}"
        )


def _accuracy(
    method: Base,
    networks: nn.ModuleDict,
    images: Images,
    count: int,
    machine: Machine,
    members: int,
) -> Row:
    """Of each member on the images held out, all but the first `count`, by their neighbours among
    these."""
    references, queries = images.train[: min(count, REFERENCES)], images.train[count:]
    networks.eval()
    u, u_query = (
        unit(embedded(method.embed, method, networks, x, machine, members))
        for x in (references, queries)
    )
    networks.train()
    labels, truth = images.train_labels[: len(references)], images.train_labels[count:]
    votes = [vote(labels[nearest(a, b)]) for a, b in zip(u, u_query, strict=True)]
    return {"knn_accuracy": torch.tensor([(found == truth).mean() for found in votes])}


class _Pairs:
    """The images of each network's batch, and their partners."""

    def __init__(
        self,
        method: Base,
        networks: nn.ModuleDict,
        pixels: Array,
        machine: Machine,
        choice: Draws,
    ) -> None:
        self.method, self.networks, self.pixels = method, networks, pixels
        self.machine, self.choice = machine, choice
        self.partners = [Partners(method.neighbours) for _ in range(len(choice))]

    def of(self, batch: Batch) -> Pairs:
        """What a loss sees of a batch of the stream."""
        assert batch.examples is not None
        if any(near.stale(batch.epoch) for near in self.partners):
            self.look(batch.epoch)
        chosen = zip(batch.examples, self.partners, self.choice.generators, strict=True)
        partners = [near.draw(own, generator) for own, near, generator in chosen]
        examples = np.stack([batch.examples.numpy(), torch.stack(partners).numpy()])
        clean, partnered = self.machine.images(self.pixels[examples])
        return Pairs(clean, partnered, self.method.strength * batch.progress)

    def look(self, epoch: int) -> None:
        """Find every network's neighbours by its own embedding, all in one pass."""
        self.networks.eval()
        embed = partial(self.method.embed, self.networks)
        z = self.machine.apply(embed, self.pixels, len(self.choice))
        self.networks.train()
        for near, own in zip(self.partners, unit(z), strict=True):
            near.look(own, epoch)
