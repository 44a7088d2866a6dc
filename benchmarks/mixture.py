"""The ensemble of the mixture track against a plain loop over its members, in one run.

The loop is what a newcomer would write: `torch.nn.Sequential`, `torch.optim.Adam`, one small
network after the other. Both start from the same weights and see the same batches and noise, so
they must end in the same networks, to rounding.
"""

import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from statistics import median

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from jepatlas.common.base.parameters import value
from jepatlas.common.learning import device
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.trained import restore
from jepatlas.mixture.learning.fitting import fit, initial
from jepatlas.mixture.learning.method import Embedding, load
from jepatlas.mixture.truth.mixture import Mixture
from jepatlas.mixture.truth.parameters import Data, MixtureChoice
from jepatlas.mixture.truth.world import World

SEED, MEMBERS, STEPS, ROUNDS = 0, 8, 200, 5
STEPS_COMPARED = 10  # rounding errors grow from step to step, as in any chaotic system
Loss = Callable[[Embedding, Tensor, Tensor], Tensor]
MATRIX = 2048  # side of the large matrix product


def main() -> None:
    device.choose("cpu", "fast")
    points = _points()
    rows = []
    for name, loss in {"jepa": _jepa_loss, "contrastive": _contrastive_loss}.items():
        method = load(name)
        assert isinstance(method, Embedding)
        rows.append({"method": name} | _row(name, method, loss, points))
    threads = torch.get_num_threads()
    print(f"Training in the mixture track: {MEMBERS} members, {STEPS} steps, {threads} threads.")
    print(f"Times are per step and member; medians of {ROUNDS} rounds, ratios within a round.\n")
    print(pd.DataFrame(rows).set_index("method").T.to_string(float_format="{:.3g}".format))


def _row(name: str, method: Embedding, loss: Loss, points: Tensor) -> dict[str, float]:
    timed = method.model_copy(update={"steps": STEPS})
    rounds = [_round(timed, loss, points) for _ in range(ROUNDS)]
    loop, ensemble, peak = (list(column) for column in zip(*rounds, strict=True))
    flops = _flops(name, method)
    return {
        "loop [ms]": 1e3 * median(loop),
        "ensemble [ms]": 1e3 * median(ensemble),
        "speed-up": median(a / b for a, b in zip(loop, ensemble, strict=True)),
        "ensemble [GFLOP/s]": flops / median(ensemble) / 1e9,
        "matrix product [GFLOP/s]": median(peak) / 1e9,
        "share of it": median(flops / t / p for t, p in zip(ensemble, peak, strict=True)),
        f"largest difference after {STEPS_COMPARED} steps": _difference(
            method.model_copy(update={"steps": STEPS_COMPARED}), loss, points
        ),
    }


def _points() -> Tensor:
    chosen = value(f"mixture.mixtures.{value('mixture.mixture')}")
    mixture: Mixture = MixtureChoice.model_validate(chosen).mixture()
    world = World.draw(mixture, Data.model_validate(value("mixture.data")), MEMBERS, SEED)
    return torch.as_tensor(world.train, dtype=torch.float32)


def _round(method: Embedding, loss: Loss, points: Tensor) -> tuple[float, float, float]:
    """Seconds per step and member of the loop and of the ensemble, and a matrix product's rate."""
    start = time.perf_counter()
    _train_loop(method, loss, points)
    between = time.perf_counter()
    _train_ensemble(method, points)
    end = time.perf_counter()
    work = method.steps * MEMBERS
    return (between - start) / work, (end - between) / work, _matrix_product_rate()


def _difference(method: Embedding, loss: Loss, points: Tensor) -> float:
    """Largest difference of the embeddings by loop and ensemble, relative to the largest entry."""
    networks, singles = _train_ensemble(method, points), _train_loop(method, loss, points)
    with torch.no_grad():
        together = method.embed(networks, points)
        alone = torch.stack([single(x) for single, x in zip(singles, points, strict=True)])
    return float((together - alone).abs().max() / alone.abs().max())


def _train_ensemble(method: Embedding, points: Tensor) -> nn.ModuleDict:
    """All members at once, as the stage does it."""
    networks = initial(method, points, SEED)
    restore(networks, fit("ensemble", method, points, SEED, snapshots=2).final)
    return networks


def training(name: str) -> Callable[[], object]:
    """A training of some seconds of all members of the method, to be called."""
    method, points = load(name).model_copy(update={"steps": 5 * STEPS}), _points()
    return partial(fit, name, method, points, SEED, snapshots=2)


def _train_loop(method: Embedding, loss: Loss, points: Tensor) -> list[nn.Module]:
    """One member after the other."""
    return [_train_single(method, loss, points[member], member) for member in range(MEMBERS)]


def _train_single(method: Embedding, loss: Loss, points: Tensor, member: int) -> nn.Module:
    """One member, as anybody would train one network."""
    network = _single_network(method, points, member)
    optimiser = torch.optim.Adam(network.parameters(), lr=method.learning_rate)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, method.steps)
    batches, noise = Draws(SEED, [member], "batches"), Draws(SEED, [member], "noise")
    for _ in range(method.steps):
        x = points[batches.integers(len(points), method.batch)[0]]
        x_prime = x + method.noise * noise.normal(*x.shape)[0]
        optimiser.zero_grad()
        loss(method, network(x), network(x_prime)).backward()
        optimiser.step()
        if method.schedule == "cosine":
            decay.step()
    return network


class _Standardize(nn.Module):
    def __init__(self, points: Tensor) -> None:
        super().__init__()
        self.mean, self.scale = points.mean(0), points.std(0)

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.scale


def _single_network(method: Embedding, points: Tensor, member: int) -> nn.Sequential:
    """The member's network with its initial weights, as torch.nn modules."""
    online = method.networks(points[None], Draws(SEED, [member], "weights"))["online"]
    weights = list(online.parameters())
    layers: list[nn.Module] = [_Standardize(points)]
    for weight, bias in zip(weights[::2], weights[1::2], strict=True):
        linear = nn.Linear(weight.shape[1], weight.shape[2])
        with torch.no_grad():
            linear.weight.copy_(weight[0].T)
            linear.bias.copy_(bias[0, 0])
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _jepa_loss(method: Embedding, z: Tensor, z_prime: Tensor) -> Tensor:
    return (normalize(z, dim=-1) - normalize(z_prime, dim=-1)).square().sum(-1).mean()


def _contrastive_loss(method: Embedding, z: Tensor, z_prime: Tensor) -> Tensor:
    similarity = normalize(z, dim=-1) @ normalize(z_prime, dim=-1).T
    temperature = method.model_dump()["temperature"]
    return cross_entropy(similarity / temperature, torch.arange(len(z)))


def _flops(name: str, method: Embedding) -> float:
    """Floating-point operations of one member's matrix products in one step.

    A product forward costs two backward, except that no gradient is wanted for the first layer's
    input.
    """
    widths = [2, *method.widths]
    layers = [inputs * outputs for inputs, outputs in pairwise(widths)]
    count = 2 * 2 * method.batch * (3 * sum(layers) - layers[0])
    if name == "contrastive":
        count += 3 * 2 * method.batch**2 * widths[-1]
    return float(count)


def _matrix_product_rate() -> float:
    a, b = torch.randn(MATRIX, MATRIX), torch.randn(MATRIX, MATRIX)
    times = []
    for _ in range(4):
        start = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - start)
    return 2 * MATRIX**3 / min(times)


if __name__ == "__main__":
    main()
