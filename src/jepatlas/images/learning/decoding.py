"""Phase 2: decoders that give back the clean image from a frozen method's predictions."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor, nn

from jepatlas.common.base.parameters import Count
from jepatlas.common.learning.batches import Batch, Epochs
from jepatlas.common.learning.checkpoint import checkpoint_for
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.ensemble import Separate
from jepatlas.common.learning.trained import Trained
from jepatlas.common.learning.training import Row, Training, train
from jepatlas.images.learning.fitting import embedded, trained_on
from jepatlas.images.learning.machine import Machine
from jepatlas.images.learning.method import Base, Shape
from jepatlas.images.learning.networks import Decoder
from jepatlas.images.learning.perturb import perturb
from jepatlas.images.truth.world import Images

Array = npt.NDArray[Any]

KINDS = ("perturbed", "clean")  # the images whose prediction is decoded


class Decoding(Training):
    """How decoders are trained; batch: images per step."""

    epochs: Count
    batch: Count


def initial(
    method: Base, shape: Shape, seed: int, members: Sequence[int], machine: Machine
) -> nn.ModuleDict:
    """Two decoders for each member: from its prediction of the `perturbed` image, and of the
    `clean` one."""
    draws = Draws(seed, members, "decoder weights")
    dim = method.ensemble_size * method.dim
    decoders = {kind: Separate(lambda: Decoder(shape, dim), draws) for kind in KINDS}
    return nn.ModuleDict(decoders).to(machine.device)


def fit(
    name: str,
    decoding: Decoding,
    method: Base,
    networks: nn.ModuleDict,
    images: Images,
    seed: int,
    members: Sequence[int],
    machine: Machine,
    report: Callable[[Row], None],
) -> Trained:
    """Train the decoders of all members on the images that the method was trained on.

    networks: the method's, which are left as they are.
    """
    count = trained_on(images, decoding.batch, "images.decoder.batch")
    decoders = initial(method, images.shape, seed, members, machine)
    order, draws = (
        Draws(seed, members, purpose, machine.device)
        for purpose in ("decoder order", "decoder perturbations")
    )
    # The frozen networks always say the same about a clean image.
    z = embedded(method.predict, method, networks, images.train[:count], machine, len(members))
    known = torch.from_numpy(z)  # [members, n, dim]
    rows = torch.arange(len(members))[:, None]

    def loss(batch: Batch) -> Tensor:
        assert batch.examples is not None
        clean = machine.images(images.train[batch.examples.numpy()])
        pairs = zip(clean, draws.generators, strict=True)
        views = torch.stack([perturb(x, 1, g, method.erosion) for x, g in pairs])
        given = {"clean": known[rows, batch.examples].to(machine.device)}
        with machine.autocast():
            given["perturbed"] = predicted(method, networks, views)
            decoded = {kind: decoders[kind](given[kind]).float() for kind in KINDS}
        return _errors(decoded, clean)

    key = (decoding, method, seed, list(members), machine)
    weights = {n: tensor.cpu().numpy() for n, tensor in networks.state_dict().items()}
    return train(
        decoders,
        loss,
        Epochs(decoding.epochs, decoding.batch, count, order),
        decoding,
        f"images.decoder ({name})",
        draws=(order, draws),
        report=report,
        checkpoint=checkpoint_for(f"decoder-{name}", key, images.arrays() | weights),
    )


def _errors(decoded: dict[str, Tensor], clean: Tensor) -> Tensor:
    """The sum of each member's mean squared errors, `[members]`. Its decoders share nothing, so
    each is trained on its own. A mean for every member, as one over an axis of members rounds by
    how many there are."""
    errors = [(decoded[kind] - clean).square() for kind in KINDS]
    return torch.stack([sum(each.mean() for each in own) for own in zip(*errors, strict=True)])


@torch.no_grad()
def predicted(method: Base, networks: nn.ModuleDict, views: Tensor) -> Tensor:
    """The prediction of each member for its own images, `[members, batch, 1, height, width]` to
    `[members, batch, ensemble_size * dim]`."""
    repeated = views.repeat_interleave(method.ensemble_size, dim=0)
    z = method.predict(networks, repeated)
    return z.view(len(views), method.ensemble_size, *z.shape[1:]).transpose(1, 2).flatten(2)
