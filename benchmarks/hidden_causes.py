"""The hidden causes, as an ensemble, against the published settings as a plain loop.

The loop is one model by the settings of the paper: 20,000 steps of 256 pairs, 4 x 256 units, pairs
correlated by 0.95. It takes minutes, so that `TIMED` of its steps are timed, and their time is
taken for all; `python -m benchmarks.hidden_causes whole` takes all of them, and measures what the
loop has recovered behind the first mixing. The ensemble trains all seeds in all mixings at once, in
full. Then the cost of a step with more and more latents, up to 1,024.
"""

import sys
import time

import pandas as pd
import torch
from torch import nn

from jepatlas.common.base.parameters import section, value
from jepatlas.common.learning import device
from jepatlas.common.learning.draws import Draws
from jepatlas.common.learning.trained import Trained, copy_of
from jepatlas.hidden_causes.learning.fitting import Pairs, fit
from jepatlas.hidden_causes.learning.method import Base, changed, load
from jepatlas.hidden_causes.measuring.evaluation import evaluate
from jepatlas.hidden_causes.truth.parameters import Evaluation, Worlds
from jepatlas.hidden_causes.truth.worlds import Setting, World, plane

SEED = 0
METHODS = ("lejepa", "whitening")
PUBLISHED, BATCH, WIDTH, DEPTH, RATE, RHO = 20_000, 256, 256, 4, 3e-3, 0.95
TIMED = 50  # steps of the loop
MANY = (64, 256, 1024)  # latents
LARGE = 6  # steps with so many
CPU = torch.device("cpu")


def main(how: str = "") -> None:
    """how: `whole` trains the loop to its end."""
    device.choose("cpu", "fast")
    worlds, seeds = section("hidden_causes.worlds", Worlds), value("hidden_causes.seeds")
    setting = Setting("plane", plane(worlds, ("mixings",)), seeds)
    print(f"Training of the hidden causes: {len(setting.members)} members.\n")
    steps = PUBLISHED if how == "whole" else TIMED
    rows = pd.DataFrame({name: _compared(name, setting, steps) for name in METHODS})
    print(rows.to_string(float_format="{:.4g}".format))
    print("\nA step of whitening, behind coupling layers, by an encoder of their size.\n")
    found = pd.DataFrame({f"{size} latents": _large(size, worlds) for size in MANY})
    print(found.to_string(float_format="{:.4g}".format))


def _compared(name: str, setting: Setting, steps: int) -> dict[str, float]:
    """The loop against the ensemble, of one method."""
    method, evaluation = load(name), section("hidden_causes.evaluation", Evaluation)
    mixing, world = next(iter(setting.worlds.items()))
    one = Setting("one", {mixing: World(world.mixing, (RHO, RHO), layers=world.layers)}, 1)
    published = method.model_copy(update={"widths": (WIDTH,) * DEPTH, "detail": 1.0})
    networks, seconds = _plain(published, one, BATCH, steps)
    start = time.perf_counter()
    trained = fit(name, method, setting, SEED, 2, CPU)
    end = time.perf_counter()
    loop = seconds * PUBLISHED
    ensemble = (end - start) / len(setting.members)
    found = {
        "loop [s per model]": loop,
        "ensemble [s per model]": ensemble,
        "speed-up": loop / ensemble,
    }
    if steps == PUBLISHED:
        final = copy_of(networks)
        alone = Trained(final, {steps: final}, torch.tensor([steps]), {"loss": torch.zeros(1, 1)})
        (row,) = evaluate(published, one, alone, evaluation, SEED, CPU).rows[mixing]
        found[f"R^2 of the loop, {mixing}"] = float(row["r2"])
    rows = evaluate(method, setting, trained, evaluation, SEED, CPU).rows
    return found | {f"lowest R^2, {w}": float(min(row["r2"] for row in rows[w])) for w in rows}


def _plain(method: Base, setting: Setting, batch: int, steps: int) -> tuple[nn.ModuleDict, float]:
    """One model by the published rate, after some steps, and the seconds of a step but the first,
    which warms up."""
    networks = method.networks(setting, Draws(SEED, 1, "weights"))
    pairs, noise = Pairs(setting, batch, Draws(SEED, 1, "pairs")), Draws(SEED, 1, "noise")
    optimiser = torch.optim.AdamW(networks.parameters(), lr=RATE)
    ends = []
    for _ in range(steps):
        optimiser.zero_grad()
        method.loss(networks, pairs.next(), noise).sum().backward()
        optimiser.step()
        ends.append(time.perf_counter())
    return networks, (ends[-1] - ends[0]) / (steps - 1)


def _large(size: int, worlds: Worlds) -> dict[str, float]:
    """What a step of one model with many latents costs, and how many weights it has."""
    many = worlds.dimensions
    world = World("coupling", (worlds.rho,) * size, layers=many.layers)
    setting = Setting(f"dimensions.{size}", {"one": world}, 1, "matched", many.changes)
    method = changed(load("whitening"), setting, "whitening")
    networks, seconds = _plain(method, setting, method.batch, LARGE)
    return {
        "step [ms]": 1000 * seconds,
        "weights": float(sum(weight.numel() for weight in networks.parameters())),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
