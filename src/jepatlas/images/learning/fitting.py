"""Train one method's networks on images without their labels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import PARAMS, InputError
from jepatlas.common.learning import device
from jepatlas.common.learning.checkpoint import checkpoint_for
from jepatlas.common.learning.epochs import Batch, Trainer
from jepatlas.common.learning.training import copy_of, restore
from jepatlas.common.learning.weights import read_tensors, write_tensors
from jepatlas.common.measuring.statistics import unit
from jepatlas.images.learning import members
from jepatlas.images.learning.method import Base, Pairs
from jepatlas.images.learning.neighbours import Neighbours, nearest, vote
from jepatlas.images.learning.networks import seeded
from jepatlas.images.learning.parameters import Precision
from jepatlas.images.truth.world import Images

Array = npt.NDArray[Any]
Network = Callable[[Tensor], Tensor]
Report = Callable[[Mapping[str, float]], None]

REFERENCES = 10_000  # training images that held-out ones are compared with during training
CHUNK = 1000  # images per pass where nothing is trained


@dataclass(frozen=True)
class Machine:
    """Where and in which precision networks are run. Weights are float32 everywhere."""

    device: torch.device
    bfloat16: bool

    @classmethod
    def choose(cls, name: str, precision: Precision) -> Self:
        """The device called `name`; `auto` takes bfloat16 where there are instructions for it."""
        target = device.choose(name)
        automatic = precision == "auto" and device.has_bfloat16(target)
        return cls(target, automatic or precision == "bfloat16")

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bfloat16)

    def images(self, pixels: Array) -> Tensor:
        """uint8 `[n, 28, 28]` -> float32 `[n, 1, 28, 28]` in [0, 1], on the device."""
        return torch.from_numpy(pixels).to(self.device)[:, None].float() / 255

    @torch.no_grad()
    def apply(self, network: Network, images: Array) -> Array:
        """What a network makes of images, or of embeddings: float32 `[n, ...] -> [n, ...]`."""
        found = []
        for chunk in np.split(images, range(CHUNK, len(images), CHUNK)):
            given = self.images(chunk) if chunk.dtype == np.uint8 else torch.from_numpy(chunk)
            with self.autocast():
                found.append(network(given.to(self.device)).float().cpu().numpy())
        return np.concatenate(found)


@dataclass(frozen=True)
class Trained:
    """`final`: the tensors of all networks; `snapshots`: those of the part `online` after the
    epochs that are the keys."""

    final: dict[str, Tensor]
    snapshots: dict[int, dict[str, Tensor]]

    def save(self, path: Path) -> None:
        tensors = {f"final/{name}": tensor for name, tensor in self.final.items()}
        for epoch, snapshot in self.snapshots.items():
            tensors |= {f"{epoch}/{name}": tensor for name, tensor in snapshot.items()}
        write_tensors(path, tensors)

    @classmethod
    def load(cls, path: Path) -> Self:
        found: dict[str, dict[str, Tensor]] = {}
        for key, tensor in read_tensors(path).items():
            part, _, name = key.partition("/")
            found.setdefault(part, {})[name] = tensor
        if "final" not in found:
            raise InputError(f"{path}: lacks the final networks; `dvc repro` trains anew")
        final = found.pop("final")
        return cls(final, {int(epoch): found[epoch] for epoch in sorted(found, key=int)})


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


def initial(method: Base, seed: int, machine: Machine) -> nn.ModuleDict:
    return seeded(lambda: members.networks(method), seed, "weights", machine.device)


def fit(
    method: Base,
    images: Images,
    seed: int,
    snapshots: int,
    machine: Machine,
    name: str,
    report: Report,
) -> Trained:
    """Train on all training images but those held out, without labels.

    Labels are used only for the curve of the accuracy on the images held out.
    report: is told the values of each epoch; name: of the method.
    """
    label = f"images.methods.{name}"
    count = trained_on(images, method.batch, f"{label}.batch")
    if method.neighbours >= count:
        raise InputError(
            f"{PARAMS}: {label}.neighbours: should be less than the {count} images to train on, "
            f"is {method.neighbours}"
        )
    networks = initial(method, seed, machine)
    separate = members.each(networks)

    def embed(network: Network, pixels: Array) -> Array:
        networks.eval()
        z = unit(machine.apply(network, pixels))
        networks.train()
        return z

    embeddings = [
        partial(embed, partial(method.embed, member), images.train[:count]) for member in separate
    ]
    neighbours = [Neighbours(embedded, method.neighbours) for embedded in embeddings]

    def loss(batch: Batch) -> Tensor:
        clean = machine.images(images.train[batch.examples.numpy()])
        strength = method.strength * batch.progress
        losses = []
        for member, near in zip(separate, neighbours, strict=True):
            partners = machine.images(images.train[near.draw(batch)])
            pairs = Pairs(clean, partners, strength, batch.generator)
            with machine.autocast():
                losses.append(method.loss(member, pairs))
        return torch.stack(losses).sum()  # nothing is shared, so each trains on its own

    def measure() -> dict[str, float]:
        references, queries = images.train[: min(count, REFERENCES)], images.train[count:]
        u, u_query = (embed(members.row(method.embed, networks), x) for x in (references, queries))
        predicted = vote(images.train_labels[nearest(u, u_query)])
        return {"knn_accuracy": float((predicted == images.train_labels[count:]).mean())}

    key = (method, seed, snapshots, machine)
    checkpoint = checkpoint_for(f"images-{name}", key, images.arrays())
    trainer = Trainer(networks, method, seed, label, method.averaging, snapshots)
    state = trainer.run(count, loss, measure, checkpoint, report)
    return Trained(copy_of(networks), state.snapshots)


def restored(method: Base, trained: Trained, seed: int, machine: Machine) -> nn.ModuleDict:
    """Networks with the final weights, to be used and no longer trained."""
    networks = initial(method, seed, machine)
    restore(networks, trained.final)
    return networks.eval().requires_grad_(False)
