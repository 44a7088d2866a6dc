"""Measure the embeddings and the decoders of one method, member by member."""

from functools import partial
from typing import Any

import numpy.typing as npt
from torch import Tensor, nn
from tqdm import tqdm

from jepatlas.common.learning.trained import Trained
from jepatlas.images.learning.decoding import predicted as prediction
from jepatlas.images.learning.fitting import embedded
from jepatlas.images.learning.machine import Machine
from jepatlas.images.learning.method import Base
from jepatlas.images.measuring import embeddings, reconstruction
from jepatlas.images.measuring.metrics import over_members
from jepatlas.images.measuring.perturbed import perturbed, pixels
from jepatlas.images.truth.world import Images

Array = npt.NDArray[Any]

HEADLINES = {  # names that DVC shows: measures
    "knn_accuracy": "knn.accuracy",
    "knn_perturbed": "knn_perturbed.all",
    "reconstruction_mse": "reconstruction.perturbed.mse",
}


def evaluate(
    method: Base,
    networks: nn.ModuleDict,
    trained: Trained,
    decoders: nn.ModuleDict,
    images: Images,
    seed: int,
    members: int,
    machine: Machine,
) -> tuple[dict[str, Any], dict[str, Array]]:
    """The measures, summarised over members, and the arrays that figures, tables and the page are
    drawn from, of the first member."""

    def embed(x: Array) -> Array:
        return embedded(method.embed, method, networks, x, machine, members)

    versions = perturbed(images.test, method.erosion, seed)
    z_train, z_test = embed(images.train), embed(images.test)
    z_perturbed = {
        kind: embed(x) for kind, x in tqdm(versions.items(), "perturbed", disable=None, leave=False)
    }
    inputs = {"perturbed": versions["all"], "clean": images.test}
    decoded = {
        kind: machine.apply(partial(decode, method, networks, decoders[kind]), x, members)[:, :, 0]
        for kind, x in inputs.items()
    }
    found, said = [], []
    for k in range(members):
        of_member = {kind: z[k] for kind, z in z_perturbed.items()}
        measured, predicted = embeddings.measure(z_train[k], z_test[k], of_member, images, seed)
        given_back = {kind: x[k] for kind, x in decoded.items()}
        measured["reconstruction"] = reconstruction.measure(given_back, images)
        found.append(measured)
        said.append(predicted)
    measured = over_members(found)
    measured["reconstruction"]["references"] = reconstruction.references(images, versions["all"])
    drawn = embeddings.drawn(z_train[0], z_test[0], versions, images)
    shown = drawn["shown"]
    drawn |= {f"from_{kind}": pixels(x[0][shown]) for kind, x in decoded.items()}
    drawn |= {"predicted": said[0], "steps": trained.steps.numpy()}
    # In double precision: a method may give its losses in bfloat16, of which NumPy knows nothing.
    drawn |= {f"curve_{name}": values.double().numpy() for name, values in trained.curves.items()}
    drawn |= embeddings.maps(z_test[0], method, networks, trained, images, machine, members)
    return measured, drawn


def decode(method: Base, networks: nn.ModuleDict, decoder: nn.Module, images: Tensor) -> Tensor:
    """What each member gives back of the same images, `[members, n, 1, height, width]`."""
    return decoder(prediction(method, networks, images))
