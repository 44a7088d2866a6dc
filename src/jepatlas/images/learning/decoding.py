"""Phase 2: decoders that give back the clean image from a frozen method's predictions."""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from jepatlas.common.learning.checkpoint import checkpoint_for
from jepatlas.common.learning.epochs import Batch, Epochs, Trainer
from jepatlas.images.learning import members
from jepatlas.images.learning.fitting import Machine, Report, trained_on
from jepatlas.images.learning.method import Base
from jepatlas.images.learning.networks import Decoder, seeded
from jepatlas.images.learning.perturb import perturb
from jepatlas.images.measuring import metrics
from jepatlas.images.measuring.evaluation import chosen, perturbed
from jepatlas.images.truth.world import CLASSES, Images

Array = npt.NDArray[Any]


def fit(
    decoding: Epochs,
    method: Base,
    networks: nn.ModuleDict,
    images: Images,
    seed: int,
    machine: Machine,
    name: str,
    report: Report,
) -> nn.ModuleDict:
    """Two decoders, trained side by side on the images that the method was trained on: from its
    prediction of the `perturbed` image, and of the `clean` one.

    networks: the method's, which are left as they are.
    """
    count = trained_on(images, decoding.batch, "images.decoder.batch")

    def build() -> nn.ModuleDict:
        kinds = ("perturbed", "clean")
        return nn.ModuleDict({kind: Decoder(method.members * method.dim) for kind in kinds})

    decoders = seeded(build, seed, "decoder", machine.device)
    predicted = members.row(method.predict, networks)
    # The frozen networks always say the same about a clean image.
    clean_predictions = torch.from_numpy(predict(method, networks, images.train, machine))

    def loss(batch: Batch) -> Tensor:
        clean = machine.images(images.train[batch.examples.numpy()])
        views = perturb(clean, 1, batch.generator, method.erosion)
        with machine.autocast():
            with torch.no_grad():
                prediction = predicted(views)
            known = clean_predictions[batch.examples].to(machine.device)
            given = {"perturbed": prediction, "clean": known}
            # Nothing is shared, so the sum trains each on its own error.
            errors = [mse_loss(decoders[kind](z).float(), clean) for kind, z in given.items()]
        return torch.stack(errors).sum()

    key = (decoding, method, seed, machine)
    weights = {n: tensor.cpu().numpy() for n, tensor in networks.state_dict().items()}
    checkpoint = checkpoint_for(f"decoder-{name}", key, images.arrays() | weights)
    trainer = Trainer(decoders, decoding, seed, f"images.decoder ({name})")
    trainer.run(count, loss, dict, checkpoint, report)
    return decoders.eval()


def predict(method: Base, networks: nn.ModuleDict, images: Array, machine: Machine) -> Array:
    """The predicted embeddings of clean images: uint8 `[n, 28, 28] -> [n, members x dim]`."""
    return machine.apply(members.row(method.predict, networks), images)


def evaluate(
    method: Base,
    networks: nn.ModuleDict,
    decoders: nn.ModuleDict,
    images: Images,
    seed: int,
    machine: Machine,
) -> tuple[dict[str, Any], dict[str, Array]]:
    """The metrics of both decoders beside what needs no network, and the arrays to draw.

    References: the mean of the training images; an oracle that knows the label and answers with the
    mean of its class; and the perturbed image itself.
    """
    views = perturbed(method, images.test, seed)["all"]
    clean, given = images.test / np.float32(255), views / np.float32(255)
    inputs = {"perturbed": views, "clean": images.test}
    found = {
        kind: machine.apply(decoders[kind], predict(method, networks, pixels, machine))[:, 0]
        for kind, pixels in inputs.items()
    }
    means = _class_means(images)
    overall = (images.train.mean(0, dtype=np.float64) / 255).astype(np.float32)
    references = {
        "mean_image": np.broadcast_to(overall, clean.shape),
        "class_mean_image": means[images.test_labels],
        "perturbed_input": given,
    }
    measured: dict[str, Any] = {"data_set": images.data_set, "test_images": len(clean)}
    measured |= {kind: metrics.reconstruction(clean, x) for kind, x in found.items()}
    measured["references"] = {
        name: metrics.reconstruction(clean, x) for name, x in references.items()
    }
    shown = chosen(images.test_labels)
    drawn = {"shown": shown, "perturbed": views[shown]}
    for kind, x in found.items():
        drawn[f"from_{kind}"] = (x[shown] * 255).round().astype(np.uint8)
    return measured, drawn


def _class_means(images: Images) -> Array:
    """The mean training image of each class, `[10, 28, 28]` in [0, 1]."""
    means = [
        images.train[images.train_labels == digit].mean(0, dtype=np.float64) / 255
        for digit in range(CLASSES)
    ]
    return np.stack(means).astype(np.float32)
